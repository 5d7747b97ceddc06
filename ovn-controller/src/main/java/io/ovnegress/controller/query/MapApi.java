package io.ovnegress.controller.query;

import com.google.inject.Inject;

/** {@code GET /api/v1/map}: every address that is asked for, and the node that has it or why none has. Thread safe. */
public final class MapApi implements Api {
    public static final String PATH = "/api/v1/map";

    private final Asking asking;

    @Inject
    public MapApi(Asking asking) {
        this.asking = asking;
    }

    @Override
    public String path() {
        return PATH;
    }

    @Override
    public Reply answer(Request request) {
        return asking.ask(
                "map",
                MapJson.Seen::of,
                seen -> seen.nothingYet()
                        .map(why -> Reply.refused(503, "nothing can be said yet: " + why))
                        .orElseGet(() -> new Reply(200, MapJson.of(seen).whole())));
    }
}
