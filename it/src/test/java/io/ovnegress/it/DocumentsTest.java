package io.ovnegress.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What readers of the Markdown files rely on. */
class DocumentsTest {
    private static final Path TOP = Path.of("..");
    private static final int COLUMNS = 120;
    private static final Set<String> NOT_OURS = Set.of("target", ".git", "node_modules", "bench-results");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]*)\\)");

    private static final Pattern SOURCES = Pattern.compile("\\.(java|sh|ya?ml|json|ovsschema|jvm|proto)$|pom\\.xml$");
    private static final Pattern CODE = Pattern.compile("`[^`]+`");
    private static final Pattern WORD = Pattern.compile("[A-Za-z_]\\w+");
    private static final Pattern CAMEL_CASE = Pattern.compile("[a-z][A-Z]");

    private static List<Path> documents() throws IOException {
        var documents = files(file -> file.endsWith(".md"));
        assertThat(documents).hasSizeGreaterThan(20);
        return documents;
    }

    private static List<Path> files(Predicate<String> named) throws IOException {
        var files = new ArrayList<Path>();
        Files.walkFileTree(TOP, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                return NOT_OURS.contains(String.valueOf(directory.getFileName()))
                        ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (named.test(file.toString())) {
                    files.add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return files;
    }

    @Test
    void linesFitOnAPage() throws IOException {
        var wide = new ArrayList<String>();
        for (var document : documents()) {
            var lines = Files.readAllLines(document);
            for (int i = 0; i < lines.size(); i++) {
                var line = lines.get(i);
                if (line.codePointCount(0, line.length()) > COLUMNS) {
                    wide.add(TOP.relativize(document) + ":" + (i + 1));
                }
            }
        }
        assertThat(wide).as("lines of more than %d columns", COLUMNS).isEmpty();
    }

    @Test
    void linksLeadSomewhere() throws IOException {
        var dead = new ArrayList<String>();
        for (var document : documents()) {
            var links = LINK.matcher(Files.readString(document));
            while (links.find()) {
                var link = links.group(1);
                if (!link.contains("://") && !leadsSomewhere(document, link)) {
                    dead.add(TOP.relativize(document) + ": " + link);
                }
            }
        }
        assertThat(dead).as("links to nothing").isEmpty();
    }

    private static boolean leadsSomewhere(Path document, String link) throws IOException {
        int hash = link.indexOf('#');
        var file = hash == 0 ? document : document.resolveSibling(hash < 0 ? link : link.substring(0, hash));
        return Files.exists(file) && (hash < 0 || headings(file).contains(link.substring(hash + 1)));
    }

    @Test
    void namesOfCodeAreNamesOfSomething() throws IOException {
        var words = new HashSet<String>();
        for (var file : files(file -> SOURCES.matcher(file).find())) {
            WORD.matcher(Files.readString(file)).results().forEach(word -> words.add(word.group()));
        }
        var unknown = new ArrayList<String>();
        for (var document : documents()) {
            var text = Files.readString(document).replaceAll("(?s)```.*?```", "");
            CODE.matcher(text)
                    .results()
                    .flatMap(code -> WORD.matcher(code.group()).results())
                    .map(MatchResult::group)
                    .filter(word -> CAMEL_CASE.matcher(word).find() && !words.contains(word))
                    .forEach(word -> unknown.add(TOP.relativize(document) + ": " + word));
        }
        assertThat(unknown).as("names that nothing has").isEmpty();
    }

    /** As they are referred to. */
    private static Set<String> headings(Path document) throws IOException {
        return Files.readAllLines(document).stream()
                .filter(line -> line.startsWith("#"))
                .map(line -> line.replaceFirst("#+ ", "")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} -]", "")
                        .replace(' ', '-'))
                .collect(Collectors.toSet());
    }
}
