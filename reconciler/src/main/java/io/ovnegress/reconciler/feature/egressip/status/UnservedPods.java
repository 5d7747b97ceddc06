package io.ovnegress.reconciler.feature.egressip.status;

import io.ovnegress.reconciler.feature.egressip.rows.EgressIpWhy;
import io.ovnegress.reconciler.feature.egressip.rows.Unserved;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.northbound.Owner;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The pods that are selected and leave with no egress IP, each with its reason. Follows what is looked at anyway, so that nobody
 * is ever counted through. Not thread safe.
 */
public final class UnservedPods {
    private final Function<IpAddress, Optional<Unserved>> unserved;
    private final Map<PodName, Unserved> reasons = new HashMap<>();
    private final Map<Unserved, Integer> counts = new EnumMap<>(Unserved.class);
    private final Map<Owner, PodName> refused = new HashMap<>();

    /** @param unserved why an address of a selected pod is not rerouted */
    public UnservedPods(Function<IpAddress, Optional<Unserved>> unserved) {
        this.unserved = unserved;
    }

    /** How many there are, by reason. */
    public Map<Unserved, Integer> counts() {
        return counts;
    }

    /** It was decided what becomes of an address. */
    public void decided(EgressIpWhy.Pod why) {
        if (why.pod().isEmpty() || (why.unserved().isEmpty() && reasons.isEmpty())) {
            return;
        }
        var pod = why.pod().get();
        var reason = why.unserved().flatMap(unused -> ofAll(pod));
        if (reason.isPresent()) {
            set(pod.name(), reason);
        } else if (why.servedBy().isEmpty() || reasons.get(pod.name()) != Unserved.Refused) {
            set(pod.name(), Optional.empty()); // refused rows are only known to be there once they are settled
        }
    }

    /** A pod with an address that is served is served; of several reasons the last one counts. */
    private Optional<Unserved> ofAll(PodInput pod) {
        var ofAddresses = pod.ips().stream().map(unserved).toList();
        return ofAddresses.contains(Optional.<Unserved>empty())
                ? Optional.empty()
                : ofAddresses.stream().flatMap(Optional::stream).max(Comparator.naturalOrder());
    }

    /** The database refused the rows of an address. */
    public void refused(Owner key, EgressIpWhy.Pod why) {
        if (why.servedBy().isPresent() && why.unserved().isEmpty()) {
            why.pod().ifPresent(pod -> {
                refused.put(key, pod.name());
                set(pod.name(), Optional.of(Unserved.Refused));
            });
        }
    }

    /** The rows of an address are as they should be. */
    public void settled(Owner key) {
        if (refused.isEmpty()) {
            return;
        }
        var pod = refused.remove(key);
        if (pod != null && reasons.get(pod) == Unserved.Refused && !refused.containsValue(pod)) {
            set(pod, Optional.empty());
        }
    }

    /** The pod is gone, or can not be served at all. */
    public void forget(PodName pod) {
        set(pod, Optional.empty());
    }

    private void set(PodName pod, Optional<Unserved> reason) {
        var before = reason.isPresent() ? reasons.put(pod, reason.get()) : reasons.remove(pod);
        if (before != null) {
            counts.merge(before, -1, UnservedPods::sum);
        }
        reason.ifPresent(now -> counts.merge(now, 1, UnservedPods::sum));
    }

    private static Integer sum(int one, int other) {
        return one + other == 0 ? null : one + other;
    }
}
