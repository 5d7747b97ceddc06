package io.ovnegress.reconciler.machine;

import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.northbound.Owner;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Remembers of each dirty owner what was the first reason to look at it since it was looked at last. Not thread safe. */
final class Causes {
    static final Cause DATABASE = new Cause.Database();
    static final Cause STEP = new Cause.Step();
    static final Cause AGAIN = new Cause.Again();
    static final Cause EVERYTHING = new Cause.Everything();

    /** So many changes may be why it is decided anew where addresses go. */
    private static final int MOST = 3;

    private final Map<Owner, Cause> causes = new HashMap<>();

    private boolean leads = true;
    /** What is being taken in. */
    private Optional<Cause> now = Optional.empty();
    /** Since it was decided last; pods do not decide. */
    private final Deque<Cause> undecided = new ArrayDeque<>();

    void begin(Cause cause) {
        now = Optional.of(cause);
        if (!(cause instanceof Cause.Input input && input.kind().equals(InputKind.POD))) {
            undecided.addLast(cause);
            if (undecided.size() > MOST) {
                undecided.removeFirst();
            }
        }
    }

    void end() {
        now = Optional.empty();
    }

    /** What has changed so far has been decided about. */
    void decided() {
        undecided.clear();
    }

    /** One that stands by programs nothing: it remembers no reasons, of which there would be one for each pod there ever was. */
    void lead(boolean now) {
        leads = now;
        if (!leads) {
            causes.clear();
        }
    }

    /** The owner became dirty. */
    void add(Owner owner) {
        if (!leads) {
            return;
        }
        causes.computeIfAbsent(owner, unused -> now.orElseGet(this::decision));
    }

    void add(Owner owner, Cause cause) {
        if (!leads) {
            return;
        }
        causes.putIfAbsent(owner, cause);
    }

    private Cause decision() {
        return switch (undecided.size()) {
            case 0 -> EVERYTHING;
            case 1 -> undecided.getFirst();
            default -> new Cause.Several(undecided.stream().toList());
        };
    }

    /** It has been looked at. */
    Cause take(Owner owner) {
        return Optional.ofNullable(causes.remove(owner)).orElse(EVERYTHING);
    }
}
