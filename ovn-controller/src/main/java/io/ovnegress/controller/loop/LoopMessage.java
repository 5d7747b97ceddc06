package io.ovnegress.controller.loop;

import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.Reconciler;
import java.time.Instant;
import java.util.function.Consumer;

/** What other threads tell the loop. Immutable. */
sealed interface LoopMessage {

    /** The word for this kind in logs and metrics. */
    String kind();

    record Input(InputChange change, Instant received) implements LoopMessage {
        static final String KIND = "input";

        @Override
        public String kind() {
            return KIND;
        }
    }

    record Connected(ServerSchema schema) implements LoopMessage {
        @Override
        public String kind() {
            return "connected";
        }
    }

    record Updates(TableUpdates updates) implements LoopMessage {
        @Override
        public String kind() {
            return "updates";
        }
    }

    record Disconnected(String reason) implements LoopMessage {
        @Override
        public String kind() {
            return "disconnected";
        }
    }

    /** Whether this controller leads. */
    record Leads(boolean leads) implements LoopMessage {
        @Override
        public String kind() {
            return "leadership";
        }
    }

    /** @param number of the transaction that ended */
    record Outcome(long number, CommitOutcome outcome) implements LoopMessage {
        @Override
        public String kind() {
            return "outcome";
        }
    }

    /** @param question reads and changes nothing, and takes no longer than a turn may */
    record Ask(Consumer<Reconciler> question) implements LoopMessage {
        @Override
        public String kind() {
            return "question";
        }
    }

    /** Plan nothing more; end when the transaction in flight has. */
    record Stop() implements LoopMessage {
        @Override
        public String kind() {
            return "stop";
        }
    }
}
