package io.ovnegress.ovsdb.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ovnegress.ovsdb.nb.OvnNorthbound;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Schemas of OVN_Northbound that servers in the field have. */
public enum Schemas {
    PINNED("/ovn-nb.ovsschema"),
    OVN_23_03("/ovn-nb-23.03.ovsschema");

    private final String resource;

    Schemas(String resource) {
        this.resource = resource;
    }

    public byte[] text() {
        try (var stream = Schemas.class.getResourceAsStream(resource)) {
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public JsonNode json() {
        try {
            return new ObjectMapper().readTree(text());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public ServerSchema parsed() {
        return OdlServerSchema.parse(OvnNorthbound.NAME, json());
    }
}
