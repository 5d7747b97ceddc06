package io.ovnegress.controller.admin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The files of the page: these and no others, in memory once somebody has asked for the page. Thread safe. */
final class PageFiles {
    private static final List<String> FILES = List.of(
            "index.html",
            "icon.svg",
            "page.css",
            "map.css",
            "views.css",
            "app.js",
            "ask.js",
            "dom.js",
            "search.js",
            "map.js",
            "model.js",
            "pod.js",
            "timeline.js",
            "audit.js");
    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "svg", "image/svg+xml",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8");

    private Map<String, File> files = Map.of();

    record File(String type, String text) {}

    /** @param path as in a request; empty if there is no such file */
    Optional<File> at(String path) {
        return Optional.ofNullable(files().get(path));
    }

    private synchronized Map<String, File> files() {
        if (files.isEmpty()) {
            var read = new HashMap<String, File>();
            FILES.forEach(name -> read.put("/" + name, file(name)));
            read.put("/", read.get("/index.html"));
            files = Map.copyOf(read);
        }
        return files;
    }

    private static File file(String name) {
        try (var stream = PageFiles.class.getResourceAsStream("/page/" + name)) {
            return new File(
                    TYPES.get(name.substring(name.lastIndexOf('.') + 1)),
                    new String(stream.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
