package io.ovnegress.reconciler.feature.egressip.status;

import io.ovnegress.reconciler.feature.egressip.EgressIpSelection;
import io.ovnegress.reconciler.feature.egressip.topology.PodAddressRules;
import io.ovnegress.reconciler.input.AddressRefusal;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The pods that say something of their addresses that is not believed. It is told of those that have said so for a while, since
 * pods and their ports are seen one after the other, and once in a while, so that a pod that changes its mind all the time costs
 * no more than one that does not. Not thread safe.
 */
public final class RefusedAddresses {
    static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Inputs cluster;
    private final EgressIpSelection selection;
    private final PodAddressRules rules;
    private final EgressIpStatus status;
    private final Map<PodName, Refused> refused = new HashMap<>();
    private final Set<PodName> toLookAt = new HashSet<>();
    private Map<AddressRefusal, Integer> told = Map.of();
    private Optional<Instant> due = Optional.empty();
    /** Whether it is for this controller to tell. */
    private boolean watches;

    private record Refused(AddressRefusal why, Instant since) {}

    public RefusedAddresses(Inputs cluster, EgressIpSelection selection, PodAddressRules rules, EgressIpStatus status) {
        this.cluster = cluster;
        this.selection = selection;
        this.rules = rules;
        this.status = status;
    }

    /** How many pods that an EgressIP selects were refused when it was told last, by the reason. */
    public Map<AddressRefusal, Integer> told() {
        return told;
    }

    /** When {@link #settle} has something to tell. */
    public Optional<Instant> nextDeadline() {
        return due;
    }

    /** The pod, or who selects it, is different. */
    public void changed(PodName pod) {
        if (watches) {
            toLookAt.add(pod);
        }
    }

    /** Whose address it is may be decided otherwise. */
    public void changed(IpAddress ip) {
        cluster.podAt(ip).map(PodInput::name).ifPresent(this::changed);
    }

    /** From now on somebody else tells. */
    public void follow() {
        watches = false;
    }

    /** Finds out everything anew; how long it has been so is not known. */
    public void lookAtEverything() {
        watches = true;
        toLookAt.clear();
        refused.clear();
        cluster.podNames()
                .forEach(pod -> refusal(pod).ifPresent(why -> refused.put(pod, new Refused(why, Instant.MIN))));
        due = Optional.of(Instant.MIN);
    }

    public void settle(Instant now) {
        for (var pod : toLookAt) {
            var why = refusal(pod);
            var before = refused.get(pod);
            if (why.isPresent()) {
                refused.put(pod, new Refused(why.get(), before == null ? now : before.since()));
            } else if (before != null) {
                refused.remove(pod);
            }
            if (due.isEmpty() && (why.isPresent() || before != null)) {
                due = Optional.of(now.plus(PATIENCE));
            }
        }
        toLookAt.clear();
        if (due.filter(instant -> !instant.isAfter(now)).isPresent()) {
            boolean all = tell(now);
            due = all ? Optional.empty() : Optional.of(now.plus(PATIENCE));
        }
    }

    private Optional<AddressRefusal> refusal(PodName name) {
        return cluster.refusal(name)
                .or(() -> cluster.pod(name)
                        .flatMap(pod -> pod.ips().stream()
                                .flatMap(ip -> rules.refusal(ip).stream())
                                .findFirst()));
    }

    /** Whether there was nothing that has to last before it is told. */
    private boolean tell(Instant now) {
        var byEgressIp = new HashMap<String, Map<PodName, AddressRefusal>>();
        var counts = new EnumMap<AddressRefusal, Integer>(AddressRefusal.class);
        boolean all = true;
        for (var entry : refused.entrySet()) {
            if (!entry.getValue().since().equals(Instant.MIN)
                    && now.isBefore(entry.getValue().since().plus(PATIENCE))) {
                all = false;
                continue;
            }
            var why = entry.getValue().why();
            var selecting =
                    cluster.pod(entry.getKey()).map(selection::selecting).orElseThrow();
            if (!selecting.isEmpty()) {
                counts.merge(why, 1, Integer::sum);
            }
            selecting.forEach(egressIp -> byEgressIp
                    .computeIfAbsent(egressIp.name(), unused -> new TreeMap<>())
                    .put(entry.getKey(), why));
        }
        told = Map.copyOf(counts);
        status.refusedAddresses(byEgressIp);
        return all;
    }
}
