package io.ovnegress.reconciler.machine;

import io.ovnegress.reconciler.northbound.Damage;
import io.ovnegress.reconciler.northbound.Owner;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Somebody else has changed rows of ours, and they are put right again.
 *
 * @param object that the rows serve, if it is one, by the name that the log and users know it by
 * @param pod the pod that they serve, if it is one
 * @param times how often this owner was repaired lately, this time included
 * @param pause how long the next repair of this owner would wait
 * @param damage what was wrong
 */
public record Repair(
        Owner owner, Optional<String> object, Optional<String> pod, int times, Duration pause, List<Damage> damage) {
    public Repair {
        damage = List.copyOf(damage);
    }
}
