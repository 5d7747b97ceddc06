package io.ovnegress.it.harness.kube;

import io.fabric8.mockwebserver.http.Response;
import io.fabric8.mockwebserver.http.WebSocket;
import io.fabric8.mockwebserver.http.WebSocketListener;
import java.util.List;

/**
 * Begins a watch with what its client has missed, and ends it beside the server's event loop. fabric8 waits there until all events of the watch are sent, and sending needs the
 * event loop: a client that was killed with an event on its way stopped the whole API for ten seconds per watch. Called on the
 * event loop.
 */
final class WatchEnd extends WebSocketListener {
    private final WebSocketListener watch;
    private final List<String> missed;

    /** @param missed events of before the watch */
    WatchEnd(WebSocketListener watch, List<String> missed) {
        this.watch = watch;
        this.missed = missed;
    }

    @Override
    public void onBeforeAccept(WebSocket socket, Response response) {
        watch.onBeforeAccept(socket, response);
    }

    @Override
    public void onOpen(WebSocket socket, Response response) {
        missed.forEach(socket::send); // before what is there now: it may be another object of the same name
        watch.onOpen(socket, response);
    }

    @Override
    public void onMessage(WebSocket socket, String text) {
        watch.onMessage(socket, text);
    }

    @Override
    public void onMessage(WebSocket socket, byte[] bytes) {
        watch.onMessage(socket, bytes);
    }

    @Override
    public void onClosing(WebSocket socket, int code, String reason) {
        watch.onClosing(socket, code, reason);
    }

    @Override
    public void onClosed(WebSocket socket, int code, String reason) {
        beside(() -> watch.onClosed(socket, code, reason));
    }

    @Override
    public void onFailure(WebSocket socket, Throwable cause, Response response) {
        beside(() -> watch.onFailure(socket, cause, response));
    }

    private static void beside(Runnable end) {
        Thread.ofVirtual().name("watch-end").start(end);
    }
}
