package io.ovnegress.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Manifests as kubectl takes them: YAML, of which JSON is a part, several in a file, files in a directory. */
final class ManifestFiles {
    private ManifestFiles() {}

    /** @throws ParameterException if there is none, or one that cannot be read */
    static List<JsonNode> read(String name, CommandLine command) {
        try {
            if (name.equals("-")) {
                return documents(System.in);
            }
            var path = Path.of(name);
            var manifests = new ArrayList<JsonNode>();
            for (var file : Files.isDirectory(path) ? filesIn(path) : List.of(path)) {
                try (var stream = Files.newInputStream(file)) {
                    manifests.addAll(documents(stream));
                }
            }
            if (manifests.isEmpty()) {
                throw new ParameterException(command, "-f " + name + ": there is no manifest in it");
            }
            return manifests;
        } catch (IOException e) {
            throw new ParameterException(command, "-f " + name + ": it cannot be read: " + e.getMessage(), e);
        }
    }

    private static List<Path> filesIn(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.filter(file -> file.toString().matches(".*\\.(ya?ml|json)"))
                    .sorted()
                    .toList();
        }
    }

    private static List<JsonNode> documents(InputStream stream) throws IOException {
        var documents = new ArrayList<JsonNode>();
        try (var values = new YAMLMapper().readerFor(JsonNode.class).<JsonNode>readValues(stream)) {
            while (values.hasNextValue()) {
                var document = values.nextValue();
                if (document.isObject()) {
                    documents.add(document);
                }
            }
        }
        return documents;
    }
}
