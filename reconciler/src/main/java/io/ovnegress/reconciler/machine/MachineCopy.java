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
 * @param databaseAt the last transaction of the database that is in it
 * @param inputs after which the other one knows the same
 * @param memories by feature what it remembers besides
 * @param leads whether the machine decides
 * @param writesNothing why nothing is written at all; empty if that is not so
 */
public record MachineCopy(
        ServerSchema schema,
        ReplicaCopy replica,
        String databaseAt,
        List<InputChange> inputs,
        Map<String, Object> memories,
        boolean leads,
        Instant time,
        Optional<String> writesNothing) {}
