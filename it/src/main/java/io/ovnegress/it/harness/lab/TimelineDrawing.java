package io.ovnegress.it.harness.lab;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Draws a {@link Timeline} as SVG: time to the right, one row per source address and one for what was lost, a tick per request,
 * a line per mark. Pale ticks are requests whose answer did not come back.
 */
final class TimelineDrawing {
    private static final int WIDTH = 1000;
    private static final int LEFT = 230;
    private static final int RIGHT = 30;
    private static final int ROW = 34;
    private static final int TICK = 20;
    private static final int MARK_LINE = 16;
    private static final int HEAD = 44;
    private static final List<String> COLOURS = List.of("#2a7f3f", "#1f5fa8", "#b36b00", "#6b4ba3", "#00808a");
    private static final String RED = "#c0272d";

    private final Timeline timeline;
    private final String title;
    private final Map<String, String> names;
    private final List<String> rows;
    private final Instant start;
    private final double millis;
    private final int top;
    private final StringBuilder svg = new StringBuilder();

    private TimelineDrawing(String title, Timeline timeline, Map<String, String> names) {
        this.title = title;
        this.timeline = timeline;
        this.names = names;
        this.rows = new ArrayList<>(timeline.sources().keySet());
        this.rows.add(Timeline.LOST);
        var requests = timeline.requests();
        this.start = requests.get(0).sent();
        this.millis = Math.max(1, since(requests.get(requests.size() - 1).sent()));
        this.top = HEAD + MARK_LINE * timeline.marks().size() + 8;
    }

    /**
     * @param names what addresses are, such as {@code egress IP}
     */
    static String svg(String title, Timeline timeline, Map<String, String> names) {
        return new TimelineDrawing(title, timeline, names).draw();
    }

    /** Several below each other. */
    static String together(List<Map.Entry<String, Timeline>> timelines, Map<String, String> names) {
        var inner = new StringBuilder();
        int height = 0;
        for (var timeline : timelines) {
            var drawing = new TimelineDrawing(timeline.getKey(), timeline.getValue(), names);
            inner.append("<g transform='translate(0 %d)'>%n%s</g>%n".formatted(height, drawing.draw()));
            height += drawing.height();
        }
        return "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d'>%n%s</svg>%n"
                .formatted(WIDTH, height, inner);
    }

    private int height() {
        return top + rows.size() * ROW + 40;
    }

    private String draw() {
        int bottom = top + rows.size() * ROW;
        append("<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' font-family='sans-serif' font-size='12'>"
                .formatted(WIDTH, height()));
        append("<rect width='100%' height='100%' fill='white'/>");
        text(12, 20, "start", "#000000", title);
        text(12, 37, "start", "#555555", timeline.summary() + " (pale: no answer came back)");
        drawRows();
        drawMarks(bottom);
        drawAxis(bottom);
        append("</svg>");
        return svg.toString();
    }

    private void drawRows() {
        for (int i = 0; i < rows.size(); i++) {
            var name = names.containsKey(rows.get(i)) ? rows.get(i) + " (" + names.get(rows.get(i)) + ")" : rows.get(i);
            text(LEFT - 10, top + i * ROW + ROW / 2 + 4, "end", colour(rows.get(i)), name);
        }
        // One path for all of a kind: an element for each would make the file five times as large.
        var ticks = new LinkedHashMap<String, StringBuilder>();
        for (var request : timeline.requests()) {
            var source = request.arrival().map(Timeline.Arrival::source).orElse(Timeline.LOST);
            boolean pale = request.arrival().isPresent() && request.answered().isEmpty();
            int y = top + rows.indexOf(source) * ROW + (ROW - TICK) / 2;
            var look = "stroke='%s'%s".formatted(colour(source), pale ? " opacity='0.35'" : "");
            ticks.computeIfAbsent(look, any -> new StringBuilder())
                    .append("M%.1f %dv%d".formatted(x(request.sent()), y, TICK));
        }
        ticks.forEach((look, path) -> append("<path stroke-width='1.5' %s d='%s'/>".formatted(look, path)));
    }

    private void drawMarks(int bottom) {
        var marks = timeline.marks();
        for (int i = 0; i < marks.size(); i++) {
            double x = x(marks.get(i).time());
            int y = HEAD + MARK_LINE * (i + 1);
            boolean onTheRight = x > (LEFT + WIDTH) / 2.0;
            append("<line x1='%1$.1f' y1='%2$d' x2='%1$.1f' y2='%3$d' stroke='#333333' stroke-dasharray='3,3'/>"
                    .formatted(x, y - 8, bottom));
            var label =
                    marks.get(i).text() + " (" + Math.round(since(marks.get(i).time())) + " ms)";
            text(x + (onTheRight ? -5 : 5), y, onTheRight ? "end" : "start", "#333333", label);
        }
    }

    private void drawAxis(int bottom) {
        append("<line x1='%d' y1='%2$d' x2='%3$d' y2='%2$d' stroke='#888888'/>".formatted(LEFT, bottom, WIDTH - RIGHT));
        for (int i = 0; i <= 5; i++) {
            double at = millis * i / 5;
            text(
                    LEFT + (WIDTH - LEFT - RIGHT) * i / 5.0,
                    bottom + 18,
                    "middle",
                    "#555555",
                    "%.1f s".formatted(at / 1000));
        }
    }

    private void text(double x, int y, String anchor, String colour, String text) {
        var escaped = text.replace("&", "&amp;").replace("<", "&lt;");
        append("<text x='%.1f' y='%d' text-anchor='%s' fill='%s'>%s</text>".formatted(x, y, anchor, colour, escaped));
    }

    private String colour(String source) {
        return source.equals(Timeline.LOST) ? RED : COLOURS.get(rows.indexOf(source) % COLOURS.size());
    }

    private double x(Instant time) {
        return LEFT + (WIDTH - LEFT - RIGHT) * since(time) / millis;
    }

    private double since(Instant time) {
        return Duration.between(start, time).toNanos() / 1e6;
    }

    private void append(String element) {
        svg.append(element).append('\n');
    }
}
