package io.ovnegress.ovsdb.schema;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Table;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.opendaylight.ovsdb.lib.schema.DatabaseSchema;
import org.opendaylight.ovsdb.lib.schema.GenericTableSchema;

/**
 * {@link ServerSchema} over the opendaylight library's schema classes.
 *
 * <p>The library reads and checks the schema; what it keeps to itself is read beside it, see {@link ColumnShape}. Immutable.
 */
public final class OdlServerSchema implements ServerSchema {
    private final DatabaseSchema schema;
    private final Map<String, Map<String, ColumnShape>> shapes;

    private OdlServerSchema(DatabaseSchema schema, Map<String, Map<String, ColumnShape>> shapes) {
        this.schema = schema;
        this.shapes = shapes;
    }

    /**
     * @param getSchemaReply the {@code result} of {@code get_schema} (RFC 7047 section 4.1.2)
     * @throws SchemaException if it is not a schema of that database
     */
    public static ServerSchema parse(String database, JsonNode getSchemaReply) {
        if (!getSchemaReply.path("tables").isObject()) {
            throw new SchemaException("schema of " + database + ": no tables in " + excerpt(getSchemaReply));
        }
        if (!getSchemaReply.path("name").asText().equals(database)) {
            throw new SchemaException("schema of " + database + ": it is the schema of \""
                    + getSchemaReply.path("name").asText() + "\"");
        }
        try {
            var schema = DatabaseSchema.fromJson(database, getSchemaReply);
            var shapes = new HashMap<String, Map<String, ColumnShape>>();
            for (var table : schema.getTables()) {
                shapes.put(
                        table,
                        shapes(
                                schema.table(table, GenericTableSchema.class),
                                getSchemaReply.path("tables").path(table)));
            }
            return new OdlServerSchema(schema, Map.copyOf(shapes));
        } catch (RuntimeException e) {
            throw new SchemaException("schema of " + database + ": " + e.getMessage(), e);
        }
    }

    private static Map<String, ColumnShape> shapes(GenericTableSchema table, JsonNode json) {
        var shapes = new HashMap<String, ColumnShape>();
        for (var column : table.getColumns()) {
            shapes.put(
                    column, ColumnShape.parse(json.path("columns").path(column).path("type")));
        }
        return Map.copyOf(shapes);
    }

    @Override
    public boolean has(Table table) {
        return schema.hasTable(table.name());
    }

    /** Also false if the server's column holds other values: another key or value type, or another number of elements. */
    @Override
    public boolean has(Column<?> column) {
        return shape(column).filter(shape -> shape.fits(column)).isPresent();
    }

    @Override
    public boolean accepts(Column<?> column, String text) {
        return shape(column)
                .filter(shape -> shape.fits(column) && shape.accepts(text))
                .isPresent();
    }

    private Optional<ColumnShape> shape(Column<?> column) {
        return Optional.ofNullable(
                shapes.getOrDefault(column.table().name(), Map.of()).get(column.name()));
    }

    @Override
    public String toString() {
        return schema.getName() + " " + schema.getVersion();
    }

    private static String excerpt(JsonNode json) {
        var text = json.toString();
        return text.length() > 200 ? text.substring(0, 200) + "..." : text;
    }
}
