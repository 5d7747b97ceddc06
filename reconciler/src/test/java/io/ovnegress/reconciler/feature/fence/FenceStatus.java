package io.ovnegress.reconciler.feature.fence;

import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.input.ObjectRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What is said of fences, in words that no other feature has: a field, a condition, an event. Not thread safe. */
public final class FenceStatus {
    public enum Type implements StatusCondition.Type {
        Fenced
    }

    public enum Reason implements StatusCondition.Reason {
        Fenced,
        RefusedByDatabase
    }

    public enum EventReason implements StatusChange.EventReason {
        FenceRefused
    }

    /** @param ports how many cannot send to the subnet */
    public record Ports(int ports) implements StatusChange.Fields {}

    private final Map<FenceInput, Optional<String>> unsaid =
            new TreeMap<>((one, other) -> one.name().compareTo(other.name()));

    /** Its rows are in the database, or were refused by it. */
    void settled(FenceInput fence, Optional<String> error) {
        unsaid.remove(fence);
        unsaid.put(fence, error);
    }

    List<StatusChange> take() {
        var changes = new ArrayList<StatusChange>();
        unsaid.forEach((fence, error) -> changes.add(new StatusChange(
                new ObjectRef(FenceInput.KIND, fence.name()),
                fence.uid(),
                1,
                new Ports(error.isPresent() ? 0 : fence.ports().size()),
                List.of(new StatusCondition(
                        Type.Fenced,
                        error.isEmpty(),
                        error.isPresent() ? Reason.RefusedByDatabase : Reason.Fenced,
                        error.orElse("every row is in the database"),
                        1)),
                error.map(text -> List.of(new StatusChange.Event(EventReason.FenceRefused, text)))
                        .orElse(List.of()))));
        unsaid.clear();
        return changes;
    }
}
