package io.ovnegress.reconciler.input;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Which pod holds which address. The best title counts; of equal ones the one that was there first, never the newer. Of equal ones
 * that came at the same time, the one that is written down; if nothing is, nobody holds the address. Not thread safe.
 */
final class AddressHolders {

    /** What makes an address a pod's, from the weakest on. */
    enum Title {
        /** The pod's object names it. */
        CLAIM,
        /** It is that of the pod's port, but the pod is not known to be on the network (any more): nobody else's. */
        PORT,
        /** It is that of the port of a pod on the network. */
        LIVE_PORT
    }

    /** What is known of one address. */
    private sealed interface Entry {
        Optional<PodName> holder();
    }

    private record Claim(PodName pod, Title title) implements Entry {
        @Override
        public Optional<PodName> holder() {
            return Optional.of(pod);
        }
    }

    private record Contest(List<Claim> claims, Optional<PodName> holder) implements Entry {
        Contest {
            claims = List.copyOf(claims);
        }
    }

    private final Function<IpAddress, Optional<PodName>> writtenDown;
    private final Map<IpAddress, Entry> entries = new HashMap<>();
    /** While many come at once: the addresses that somebody has claimed since. */
    private Optional<Set<IpAddress>> simultaneous = Optional.empty();

    /** @param writtenDown whose an address was when rows were last written for it */
    AddressHolders(Function<IpAddress, Optional<PodName>> writtenDown) {
        this.writtenDown = writtenDown;
    }

    Optional<PodName> holder(IpAddress ip) {
        var entry = entries.get(ip);
        return entry == null ? Optional.empty() : entry.holder();
    }

    /** What comes until {@link #endOfList} has come at the same time. */
    void beginningOfList() {
        simultaneous = Optional.of(new HashSet<>());
    }

    void endOfList() {
        simultaneous = Optional.empty();
    }

    /** The pod's titles are these from now on, no longer those; adds the pods that hold other addresses now. */
    void change(PodName pod, Map<IpAddress, Title> before, Map<IpAddress, Title> after, Set<PodName> changed) {
        before.keySet().forEach(ip -> {
            if (!after.containsKey(ip)) {
                change(ip, pod, Optional.empty(), changed);
            }
        });
        after.forEach((ip, title) -> {
            if (title != before.get(ip)) {
                change(ip, pod, Optional.of(title), changed);
            }
        });
    }

    private void change(IpAddress ip, PodName pod, Optional<Title> title, Set<PodName> changed) {
        var before = entries.get(ip);
        if (title.isPresent() && before == null) {
            simultaneous.ifPresent(ips -> ips.add(ip));
        }
        var claims = new ArrayList<Claim>(1);
        if (before instanceof Claim claim) {
            claims.add(claim);
        } else if (before instanceof Contest contest) {
            claims.addAll(contest.claims());
        }
        claims.removeIf(claim -> claim.pod().equals(pod));
        title.ifPresent(given -> claims.add(new Claim(pod, given)));
        var holderBefore = before == null ? Optional.<PodName>empty() : before.holder();
        boolean noneWasFirst = simultaneous.filter(ips -> ips.contains(ip)).isPresent();
        settle(ip, claims, noneWasFirst ? Optional.empty() : holderBefore, holderBefore, changed);
    }

    /** Nobody was first: for what was found out before there was anything written down. */
    void settleContests(Set<PodName> changed) {
        for (var entry : List.copyOf(entries.entrySet())) {
            if (entry.getValue() instanceof Contest contest) {
                settle(entry.getKey(), contest.claims(), Optional.empty(), contest.holder(), changed);
            }
        }
    }

    private void settle(
            IpAddress ip,
            List<Claim> claims,
            Optional<PodName> first,
            Optional<PodName> holderBefore,
            Set<PodName> changed) {
        if (claims.isEmpty()) {
            entries.remove(ip);
        } else {
            entries.put(ip, claims.size() == 1 ? claims.get(0) : new Contest(claims, best(ip, claims, first)));
        }
        var holder = holder(ip);
        if (!holder.equals(holderBefore)) {
            holderBefore.ifPresent(changed::add);
            holder.ifPresent(changed::add);
        }
    }

    private Optional<PodName> best(IpAddress ip, List<Claim> claims, Optional<PodName> first) {
        var title = claims.stream().map(Claim::title).max(Title::compareTo).orElseThrow();
        var equals = claims.stream()
                .filter(claim -> claim.title() == title)
                .map(Claim::pod)
                .toList();
        if (equals.size() == 1) {
            return Optional.of(equals.get(0));
        }
        return first.filter(equals::contains).or(() -> writtenDown.apply(ip).filter(equals::contains));
    }
}
