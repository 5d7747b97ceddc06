package io.ovnegress.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A fenced block of a Markdown text.
 *
 * @param place file and line of its fence
 * @param section the second-level heading above it
 * @param language after the fence; {@code sh} is for running
 * @param text without the indentation of its fence
 * @param reason why it cannot be run, from a comment {@code <!-- not run: ... -->} right above
 */
record ShellBlock(String place, String section, String language, String text, Optional<String> reason) {
    private static final Pattern FENCE = Pattern.compile("( *)```(\\S*)");
    private static final Pattern REASON = Pattern.compile(" *<!-- not run: (.*\\S) *-->");

    static List<ShellBlock> of(Path file) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var blocks = new ArrayList<ShellBlock>();
        var section = "";
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).startsWith("## ")) {
                section = lines.get(i).substring(3);
            }
            var fence = FENCE.matcher(lines.get(i));
            if (!fence.matches()) {
                continue;
            }
            var reason = REASON.matcher(i == 0 ? "" : lines.get(i - 1));
            var place = file.getFileName() + ":" + (i + 1);
            var indent = fence.group(1);
            var text = new StringBuilder();
            while (!lines.get(++i).equals(indent + "```")) {
                var line = lines.get(i);
                text.append(line.startsWith(indent) ? line.substring(indent.length()) : line)
                        .append('\n');
            }
            blocks.add(new ShellBlock(
                    place,
                    section,
                    fence.group(2),
                    text.toString(),
                    reason.matches() ? Optional.of(reason.group(1)) : Optional.empty()));
        }
        return blocks;
    }

    boolean isShell() {
        return language.equals("sh");
    }

    boolean needsApi() {
        return text.contains("kubectl ");
    }
}
