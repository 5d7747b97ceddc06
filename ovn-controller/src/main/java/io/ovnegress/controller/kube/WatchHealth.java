package io.ovnegress.controller.kube;

import java.time.Instant;
import java.util.Optional;

/**
 * How well one kind of object is seen.
 *
 * @param listed whether a complete list was posted at least once
 * @param watchingSince when the present watch began; empty while there is none
 * @param error what went wrong last, in words; empty once a watch is up again
 */
public record WatchHealth(boolean listed, Optional<Instant> watchingSince, Optional<String> error) {
    static final WatchHealth NOT_STARTED = new WatchHealth(false, Optional.empty(), Optional.empty());

    /** Listed, and told of changes as they come. */
    public boolean isWatching() {
        return listed && watchingSince.isPresent();
    }

    WatchHealth list() {
        return new WatchHealth(true, watchingSince, error);
    }

    WatchHealth watching(Instant since) {
        return new WatchHealth(listed, Optional.of(since), Optional.empty());
    }

    WatchHealth failed(String words) {
        return new WatchHealth(listed, Optional.empty(), Optional.of(words));
    }
}
