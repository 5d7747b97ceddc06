package io.ovnegress.reconciler.machine;

import io.ovnegress.ovsdb.replica.ReplicaCopy;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.input.InputChange;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All that a machine decides from at one moment, for another one that is to decide the same. Immutable.
 *
 * @param settings what the machine was made with
 * @param databaseAt the last transaction of the database that is in it
 * @param inputs after which the other one knows the same
 * @param memories by feature what it remembers besides
 * @param installation how far what is in the database has come
 * @param leads whether the machine decides
 * @param writesNothing why nothing is written at all; empty if that is not so
 */
public record MachineCopy(
        Settings settings,
        ServerSchema schema,
        ReplicaCopy replica,
        String databaseAt,
        List<InputChange> inputs,
        Map<String, Object> memories,
        InstallationCopy installation,
        boolean leads,
        Instant time,
        Optional<String> writesNothing) {

    /**
     * How a machine goes about its work.
     *
     * @param maxRows rows after which a transaction takes no further owners
     * @param inSteps whether changes that packets must not see half done are made in steps
     * @param options of {@code NB_Global} that are to be there
     */
    public record Settings(int maxRows, boolean inSteps, Map<String, String> options) {
        public Settings {
            options = Map.copyOf(options);
        }
    }
}
