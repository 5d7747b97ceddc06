package io.ovnegress.reconciler.northbound;

import io.ovnegress.ovsdb.row.Row;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Where the resources are at the moment that may be in one place only, and who holds them there: what has to move together. An
 * egress IP on a router is one. An index beside the {@link NorthboundView}, which it is kept up to date with; not thread safe.
 */
public final class Holds {

    /** Tells what a row occupies in the places that it is attached to. */
    public interface Claims {
        /** @param owner whose row it is */
        Optional<Held> heldBy(Row row, Optional<Owner> owner);
    }

    /**
     * @param resource what may be in one place only
     * @param holder who must change when it moves
     */
    public record Held(String resource, Owner holder) {}

    private final NorthboundView view;
    private final Claims claims;
    /** By resource and place: the holders, with their number of rows (one in all but damaged databases). */
    private final Map<String, Map<UUID, Map<Owner, Integer>>> places = new HashMap<>();

    public Holds(NorthboundView view, Claims claims) {
        this.view = view;
        this.claims = claims;
    }

    /** Forgets everything: the view is read anew. */
    public void forget() {
        places.clear();
    }

    /** The rows that hold the resource in some place. A live view: do not keep it. */
    public Set<UUID> placesOf(String resource) {
        return Collections.unmodifiableSet(
                places.getOrDefault(resource, Map.of()).keySet());
    }

    /** Who holds the resource in this place. A live view: do not keep it. */
    public Set<Owner> holdersAt(String resource, UUID place) {
        return places.getOrDefault(resource, Map.of())
                .getOrDefault(place, Map.of())
                .keySet();
    }

    public void rowChanged(Optional<Row> before, Optional<Row> after) {
        before.ifPresent(row -> view.parentsOf(row.id()).forEach(parent -> detached(row, parent.parent())));
        after.ifPresent(row -> view.parentsOf(row.id()).forEach(parent -> attached(row, parent.parent())));
    }

    public void attached(Row row, UUID place) {
        claims.heldBy(row, view.ownerOf(row.id()))
                .ifPresent(held -> places.computeIfAbsent(held.resource(), unused -> new HashMap<>())
                        .computeIfAbsent(place, unused -> new HashMap<>())
                        .merge(held.holder(), 1, Integer::sum));
    }

    public void detached(Row row, UUID place) {
        claims.heldBy(row, view.ownerOf(row.id()))
                .ifPresent(held -> places.computeIfPresent(held.resource(), (resource, byPlace) -> {
                    byPlace.computeIfPresent(place, (unused, holders) -> {
                        holders.computeIfPresent(held.holder(), (same, rows) -> rows == 1 ? null : rows - 1);
                        return holders.isEmpty() ? null : holders;
                    });
                    return byPlace.isEmpty() ? null : byPlace;
                }));
    }
}
