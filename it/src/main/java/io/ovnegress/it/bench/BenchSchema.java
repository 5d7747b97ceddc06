package io.ovnegress.it.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.ovnegress.it.harness.process.Programs;
import io.ovnegress.ovsdb.schema.OdlServerSchema;
import io.ovnegress.ovsdb.schema.ServerSchema;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;

/** The schema of the installed OVN, read from its file. */
public final class BenchSchema {
    private BenchSchema() {}

    public static ServerSchema installed() {
        try {
            var schema = new ObjectMapper().readTree(Files.readAllBytes(Programs.schema("ovn-nb")));
            return OdlServerSchema.parse("OVN_Northbound", schema);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
