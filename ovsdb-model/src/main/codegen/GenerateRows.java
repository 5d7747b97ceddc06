import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Writes one Java record per table of a schema: {@code java GenerateRows.java SCHEMA OUTPUT}. The record wraps a {@code Row}
 * and holds the table's columns as typed constants; {@code OvnNorthbound} lists the tables.
 */
public final class GenerateRows {
    private static final String PACKAGE = "io.ovnegress.ovsdb.nb";

    public static void main(String[] arguments) throws IOException {
        JsonNode schema = new ObjectMapper().readTree(Files.readAllBytes(Path.of(arguments[0])));
        Path folder = Files.createDirectories(Path.of(arguments[1]).resolve(PACKAGE.replace('.', '/')));
        Set<String> tables =
                schema.get("tables").propertyStream().map(Map.Entry::getKey).collect(Collectors.toSet());
        List<String> classes = new ArrayList<>();
        for (Map.Entry<String, JsonNode> table : schema.get("tables").properties()) {
            String className = className(table.getKey());
            classes.add(className);
            write(folder.resolve(className + ".java"), table(table.getKey(), className, table.getValue(), tables));
        }
        write(folder.resolve("OvnNorthbound.java"), database(schema, classes));
    }

    private static String table(String name, String className, JsonNode schema, Set<String> tables) {
        StringBuilder constants = new StringBuilder();
        StringBuilder accessors = new StringBuilder();
        for (Map.Entry<String, JsonNode> column : schema.get("columns").properties()) {
            String columnName = column.getKey();
            JsonNode type = column.getValue().get("type");
            JsonNode key = type.isTextual() ? type : type.get("key");
            JsonNode value = type.isTextual() ? null : type.get("value");
            int min = type.path("min").asInt(1);
            JsonNode maxNode = type.path("max");
            int max = maxNode.isTextual() ? Integer.MAX_VALUE : maxNode.asInt(1);
            String maxText = max == Integer.MAX_VALUE ? "Integer.MAX_VALUE" : Integer.toString(max);
            String javaType;
            String factory;
            if (value != null) {
                javaType = "Map<" + javaType(key) + ", " + javaType(value) + ">";
                factory = "map(\"" + columnName + "\", " + baseType(key, tables) + ", " + baseType(value, tables) + ", "
                        + min + ", " + maxText + ")";
            } else if (min == 1 && max == 1) {
                javaType = javaType(key);
                factory = "scalar(\"" + columnName + "\", " + baseType(key, tables) + ")";
            } else {
                javaType = "Set<" + javaType(key) + ">";
                factory = "set(\"" + columnName + "\", " + baseType(key, tables) + ", " + min + ", " + maxText + ")";
            }
            String constant = columnName.toUpperCase(Locale.ROOT);
            constants
                    .append("    public static final Column<")
                    .append(javaType)
                    .append("> ")
                    .append(constant)
                    .append(" = TABLE.")
                    .append(factory)
                    .append(";\n");
            accessors
                    .append("\n    /** Column {@code ")
                    .append(columnName)
                    .append("}, see ovn-nb(5). */\n    public ")
                    .append(javaType)
                    .append(' ')
                    .append(camel(columnName))
                    .append("() {\n        return row.get(")
                    .append(constant)
                    .append(");\n    }\n");
        }
        return "package " + PACKAGE + ";\n\n" + imports() + "\n/** A row of table {@code " + name
                + "} of OVN_Northbound, see ovn-nb(5). Generated from the pinned schema. */\npublic record " + className
                + "(Row row) {\n    public static final Table TABLE = new Table(\"" + name + "\", "
                + schema.path("isRoot").asBoolean(false) + ");\n" + constants + indexes(schema) + accessors + "}\n";
    }

    /** RFC 7047 section 3.2: {@code "indexes": [[column, ...], ...]}. */
    private static String indexes(JsonNode schema) {
        StringBuilder text = new StringBuilder();
        for (JsonNode index : schema.path("indexes")) {
            StringBuilder columns = new StringBuilder();
            for (JsonNode column : index) {
                columns.append(columns.isEmpty() ? "" : ", ")
                        .append(column.asText().toUpperCase(Locale.ROOT));
            }
            text.append("        TABLE.index(").append(columns).append(");\n");
        }
        return text.isEmpty() ? "" : "\n    static {\n" + text + "    }\n";
    }

    private static String database(JsonNode schema, List<String> classes) {
        StringBuilder tables = new StringBuilder();
        for (String className : classes) {
            tables.append(tables.isEmpty() ? "" : ", ").append(className).append(".TABLE");
        }
        return "package " + PACKAGE + ";\n\nimport io.ovnegress.ovsdb.row.Table;\nimport java.util.List;\n"
                + "import java.util.Map;\nimport java.util.function.Function;\nimport java.util.stream.Collectors;\n\n/** The tables of OVN_Northbound. Generated from the pinned schema. */\n"
                + "public final class OvnNorthbound {\n    public static final String NAME = \""
                + schema.get("name").asText()
                + "\";\n    public static final String SCHEMA_VERSION = \""
                + schema.get("version").asText()
                + "\";\n    public static final List<Table> TABLES = List.of(" + tables + ");\n"
                + "    private static final Map<String, Table> BY_NAME =\n"
                + "            TABLES.stream().collect(Collectors.toUnmodifiableMap(Table::name, Function.identity()));\n\n"
                + "    private OvnNorthbound() {}\n\n"
                + "    /** @throws IllegalArgumentException if the pinned schema has no such table */\n"
                + "    public static Table table(String name) {\n        Table table = BY_NAME.get(name);\n"
                + "        if (table == null) {\n            throw new IllegalArgumentException(NAME + \" \" + SCHEMA_VERSION + \""
                + " has no table \" + name);\n        }\n        return table;\n    }\n}\n";
    }

    private static String imports() {
        return """
                import io.ovnegress.ovsdb.row.BaseType;
                import io.ovnegress.ovsdb.row.Column;
                import io.ovnegress.ovsdb.row.Row;
                import io.ovnegress.ovsdb.row.Table;
                import java.util.Map;
                import java.util.Set;
                import java.util.UUID;
                """;
    }

    private static String atomic(JsonNode base) {
        return (base.isTextual() ? base.asText() : base.get("type").asText()).toUpperCase(Locale.ROOT);
    }

    /** RFC 7047 section 3.2, {@code <base-type>}: an atom, and what it refers to. */
    private static String baseType(JsonNode base, Set<String> tables) {
        String target = base.path("refTable").asText();
        if (target.isEmpty()) {
            return "BaseType." + atomic(base);
        }
        if (!tables.contains(target)) {
            throw new IllegalArgumentException("the schema has no table " + target + ", to which a column refers");
        }
        String strength = base.path("refType").asText("strong");
        if (!Set.of("strong", "weak").contains(strength)) {
            throw new IllegalArgumentException("unknown kind of reference " + base);
        }
        return "BaseType." + strength + "(() -> " + className(target) + ".TABLE)";
    }

    private static String javaType(JsonNode base) {
        return switch (atomic(base)) {
            case "INTEGER" -> "Long";
            case "REAL" -> "Double";
            case "BOOLEAN" -> "Boolean";
            case "STRING" -> "String";
            case "UUID" -> "UUID";
            default -> throw new IllegalArgumentException("unknown atomic type " + base);
        };
    }

    /** {@code Logical_Router_Policy} is {@code LogicalRouterPolicy}; {@code NAT} and {@code QoS} are {@code Nat} and {@code Qos}. */
    private static String className(String table) {
        StringBuilder name = new StringBuilder();
        for (String word : table.split("_", -1)) {
            name.append(word.substring(0, 1).toUpperCase(Locale.ROOT))
                    .append(word.substring(1).toLowerCase(Locale.ROOT));
        }
        return name.toString();
    }

    private static String camel(String column) {
        StringBuilder name = new StringBuilder();
        for (String word : column.toLowerCase(Locale.ROOT).split("_", -1)) {
            name.append(name.isEmpty() ? word : word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1));
        }
        return switch (name.toString()) {
            case "row" -> "rowColumn";
            default -> name.toString();
        };
    }

    private static void write(Path file, String text) throws IOException {
        if (!Files.exists(file) || !Files.readString(file).equals(text)) {
            Files.writeString(file, text);
        }
    }
}
