package io.ovnegress.controller.admin;

import com.sun.net.httpserver.HttpExchange;
import io.ovnegress.controller.query.LiveEvents;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/**
 * Server-sent events, see the HTML standard. A stream ends after a while, before the server would cut it off: browsers come again by
 * themselves, and say what they have seen.
 */
final class EventStream {
    private static final Duration LONGEST = Duration.ofSeconds(25);
    private static final Duration SIGN_OF_LIFE = Duration.ofSeconds(5);
    /** After so many milliseconds a browser comes again. */
    private static final String RETRY = "retry: 500\n\n";

    private final LiveEvents events;

    EventStream(LiveEvents events) {
        this.events = events;
    }

    /** @return false if there are enough who listen */
    boolean stream(HttpExchange request) throws IOException {
        var known = Optional.ofNullable(request.getRequestHeaders().getFirst("Last-Event-ID"));
        var listening = events.listen(known);
        if (listening.isEmpty()) {
            return false;
        }
        try (var listener = listening.get()) {
            request.getResponseHeaders().set("Content-Type", "text/event-stream; charset=utf-8");
            request.getResponseHeaders().set("Cache-Control", "no-store");
            request.sendResponseHeaders(200, 0);
            write(request, RETRY);
            long end = System.nanoTime() + LONGEST.toNanos();
            while (!listener.isBehind() && System.nanoTime() < end) {
                var left = Duration.ofNanos(end - System.nanoTime());
                var next = listener.next(left.compareTo(SIGN_OF_LIFE) < 0 ? left : SIGN_OF_LIFE);
                write(request, next.orElse(":\n\n"));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return true;
    }

    private static void write(HttpExchange request, String text) throws IOException {
        request.getResponseBody().write(text.getBytes(StandardCharsets.UTF_8));
        request.getResponseBody().flush();
    }
}
