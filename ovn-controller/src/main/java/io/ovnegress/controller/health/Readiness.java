package io.ovnegress.controller.health;

import io.ovnegress.controller.loop.Backlog;
import java.util.List;

/**
 * Whether the controller does its work, and if not, what is missing.
 *
 * @param work how far the present run of work has come; zero of zero while there is nothing to do
 */
public record Readiness(boolean ready, List<Condition> conditions, Backlog.Work work) {
    public Readiness {
        conditions = List.copyOf(conditions);
    }

    /**
     * @param message what is missing, for people; of a condition that holds, what was found
     */
    public record Condition(String name, boolean ok, String message) {}

    static Readiness of(List<Condition> conditions, Backlog.Work work) {
        return new Readiness(conditions.stream().allMatch(Condition::ok), conditions, work);
    }

    /** As Kubernetes components print theirs: a line per condition. */
    public String toText() {
        var text = new StringBuilder();
        for (var condition : conditions) {
            text.append(condition.ok() ? "[+]" : "[-]")
                    .append(condition.name())
                    .append(condition.ok() ? " ok: " : " missing: ")
                    .append(condition.message())
                    .append('\n');
        }
        if (work.total() > 0) {
            text.append("progress: ")
                    .append(work.done())
                    .append(" of ")
                    .append(work.total())
                    .append('\n');
        }
        return text.append(ready ? "ready" : "not ready").append('\n').toString();
    }
}
