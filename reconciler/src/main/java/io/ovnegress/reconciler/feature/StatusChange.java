package io.ovnegress.reconciler.feature;

import io.ovnegress.reconciler.explain.Reason;
import io.ovnegress.reconciler.input.ObjectRef;
import java.util.List;

/**
 * The status that an object should have, and the events to record for it. What it says of rows follows the commit.
 *
 * @param uid of the object that is meant; another one of its name is left alone
 * @param fields what the status says besides the conditions
 */
public record StatusChange(
        ObjectRef object,
        String uid,
        long generation,
        Fields fields,
        List<StatusCondition> conditions,
        List<Event> events) {
    public StatusChange {
        conditions = List.copyOf(conditions);
        events = List.copyOf(events);
    }

    /** The fields of a status beside its conditions: a value of each kind that has some. */
    public interface Fields {
        /** Of a kind whose status has conditions only. */
        Fields NONE = new None();

        /** Nothing. */
        record None() implements Fields {}
    }

    /** A Kubernetes event of type Warning on the object. */
    public record Event(EventReason reason, String message) {}

    /** What an event is about: an enum of each feature. */
    public interface EventReason {
        String name();
    }

    /** Its conditions as an answer has them, in their order. */
    public List<Reason> reasons() {
        return conditions.stream()
                .map(condition -> new Reason((Enum<?>) condition.reason(), condition.message()))
                .toList();
    }

    /** The same with these events. */
    public StatusChange with(List<Event> otherEvents) {
        return new StatusChange(object, uid, generation, fields, conditions, otherEvents);
    }
}
