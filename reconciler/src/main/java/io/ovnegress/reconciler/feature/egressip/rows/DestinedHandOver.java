package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.Installed;
import io.ovnegress.reconciler.feature.Installed.Reach;
import io.ovnegress.reconciler.feature.egressip.Destinations;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpSelection;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Destined;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.PodIp;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpTranslator.PodTranslation;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.northbound.NamespaceGroups;
import io.ovnegress.reconciler.northbound.NorthboundView;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Objects that get destinations, or lose them: what leads their pods by destination and what leads them wherever they send are both
 * there until the one that is to stay is installed. Both lead to the same routers, and the one by destination comes first. Follows from
 * the rows and from what is installed, and remembers nothing.
 */
public final class DestinedHandOver {
    private final Inputs cluster;
    private final EgressIpSelection selection;
    private final NorthboundView view;
    private final NamespaceGroups groups;
    private final Installed installed;
    private final EgressIpTranslator translator;
    private final Destinations destinations;
    private final RouterWants routerWants;
    private final PodSteps steps;

    public DestinedHandOver(
            Inputs cluster,
            EgressIpSelection selection,
            NorthboundView view,
            NamespaceGroups groups,
            Installed installed,
            EgressIpTranslator translator,
            Destinations destinations,
            RouterWants routerWants,
            PodSteps steps) {
        this.cluster = cluster;
        this.selection = selection;
        this.view = view;
        this.groups = groups;
        this.installed = installed;
        this.translator = translator;
        this.destinations = destinations;
        this.routerWants = routerWants;
        this.steps = steps;
    }

    /** What a pod address waits for before it may leave the way by which an object has led it wherever it sends. */
    enum Awaited {
        NOTHING,
        /** That it is in the set of those who are led by destination, everywhere. */
        ITS_SET,
        /** The policies by destination. */
        THE_WAY
    }

    /** @param former the objects as whose egress IPs the pod's address leaves at the moment */
    Awaited awaited(PodInput pod, IpAddress ip, Collection<String> former) {
        var awaited = Awaited.NOTHING;
        for (var object : former.isEmpty() ? List.<EgressIpInput>of() : selection.selectingForSome(pod)) {
            if (awaited == Awaited.NOTHING && former.contains(object.name()) && isToBeLed(object, ip.family())) {
                awaited = awaited(new Destined(object.name()), pod.name().namespace(), ip);
            }
        }
        return awaited;
    }

    private Awaited awaited(Destined key, String namespace, IpAddress ip) {
        boolean isBySet = !isWhole(key.egressIp(), namespace) && !leadsAsAWhole(key, namespace, ip.family());
        if (isBySet && !(isInSet(key, ip) && installed.has(new PodIp(ip), AddressSet.TABLE, Reach.EVERYWHERE))) {
            return Awaited.ITS_SET;
        }
        return leads(key, namespace, ip) && installed.has(key, LogicalRouterPolicy.TABLE, Reach.EVERYWHERE)
                ? Awaited.NOTHING
                : Awaited.THE_WAY;
    }

    /**
     * Whether pods that the namespace's way leads to an object's routers wait for policies by destination in its place: the object is for
     * some destinations now, and was for all of them.
     */
    boolean areAwaited(EgressIpOwner.Namespace namespace, IpFamily family) {
        return view.rowsOf(namespace).stream()
                .filter(row -> OwnRouters.isWay(row, family))
                .flatMap(row -> EgressIpRows.egressIpOf(row.get(LogicalRouterPolicy.EXTERNAL_IDS)).stream())
                .flatMap(name -> selection.egressIp(name).stream())
                .anyMatch(object -> selection.namespacesOf(object.name()).contains(namespace.name())
                        && isToBeLed(object, family)
                        && areAwaited(object, namespace.name(), family));
    }

    private boolean areAwaited(EgressIpInput object, String namespace, IpFamily family) {
        var key = new Destined(object.name());
        if (isWhole(object.name(), namespace)) {
            return !leadsAsAWhole(key, namespace, family);
        }
        return isAny(
                object,
                namespace,
                family,
                (pod, ip) -> awaited(key, namespace, ip) != Awaited.NOTHING && isHeld(pod, ip));
    }

    /** Whether the object's pods are led by destination, or are to be as soon as possible. */
    private boolean isToBeLed(EgressIpInput object, IpFamily family) {
        return object.isForSome()
                && destinations.areServable(object)
                && translator.families().contains(family)
                && !destinations.byLength(object.name(), family).isEmpty()
                && !routerWants.nextHops(object.name(), family).isEmpty();
    }

    /**
     * The object that still leads a pod address by destination although it is for all destinations now: until the address has the way of
     * all.
     */
    Optional<Destined> stillLeading(IpAddress ip, PodTranslation translation) {
        return translation
                .servedBy()
                .flatMap(selection::egressIp)
                .filter(object -> !object.isForSome())
                .map(object -> new Destined(object.name()))
                .filter(key -> translation
                        .pod()
                        .filter(pod -> leads(key, pod.name().namespace(), ip))
                        .isPresent())
                .filter(key -> relies(ip, translation));
    }

    /** Whether the pod address is to have a way wherever it sends, of its own or its object's, and does not have it everywhere yet. */
    private boolean relies(IpAddress ip, PodTranslation translation) {
        var key = new PodIp(ip);
        var policies = view.rowsOf(key).stream()
                .filter(row -> row.table() == LogicalRouterPolicy.TABLE)
                .toList();
        if (translation.way().isPresent()) {
            var way = translation.way().get();
            boolean isIn = way.set()
                    .map(set -> view.elements(AddressSet.ADDRESSES, set).contains(ip.text())
                            && installed.has(key, AddressSet.TABLE, Reach.EVERYWHERE))
                    .orElse(true);
            return !way.isReady() || !isIn || !policies.isEmpty();
        }
        return !translation.egressNodes().isEmpty()
                && !(steps.hasItsWay(key)
                        && policies.stream()
                                .allMatch(row -> RowLabels.egressIpOf(row).equals(translation.servedBy())));
    }

    /** Whether pods of an object that is for all destinations now have no other way to its routers yet than by destination. */
    boolean isStillRelied(Destined key, EgressIpInput object) {
        return translator.families().stream()
                .filter(family -> view.rowsOf(key).stream().anyMatch(row -> OwnRouters.isWay(row, family)))
                .anyMatch(family -> isStillRelied(key, object, family));
    }

    private boolean isStillRelied(Destined key, EgressIpInput object, IpFamily family) {
        boolean hasMembers = view.addresses(DestinedRows.podsSet(key, family)).stream()
                .anyMatch(member -> EgressIpClaims.podOf(family, member).isPresent());
        return hasMembers
                || selection.namespacesOf(object.name()).stream()
                        .filter(namespace -> leadsAsAWhole(key, namespace, family))
                        .anyMatch(namespace -> isAny(object, namespace, family, (pod, ip) -> {
                            var translation = translator.translate(ip);
                            return translation
                                            .servedBy()
                                            .filter(object.name()::equals)
                                            .isPresent()
                                    && relies(ip, translation);
                        }));
    }

    private interface Claim {
        boolean isSoOf(PodInput pod, IpAddress ip);
    }

    private boolean isAny(EgressIpInput object, String namespace, IpFamily family, Claim claim) {
        var any = new AtomicBoolean();
        cluster.forEachPod(
                namespace,
                object.podSelector().orElse(LabelSelector.EVERYTHING),
                pod -> pod.ips().stream()
                        .filter(ip -> !any.get() && pod.isServable() && ip.family() == family)
                        .forEach(ip -> any.set(claim.isSoOf(pod, ip))));
        return any.get();
    }

    /** Whether the address is the pod's, and not claimed by another one before. */
    private boolean isHeld(PodInput pod, IpAddress ip) {
        return translator
                .translate(ip)
                .pod()
                .filter(holder -> holder.name().equals(pod.name()))
                .isPresent();
    }

    private boolean isInSet(Destined key, IpAddress ip) {
        return view.addresses(DestinedRows.podsSet(key, ip.family())).contains(ip.text());
    }

    private boolean leads(Destined key, String namespace, IpAddress ip) {
        boolean isInSet = isInSet(key, ip);
        return view.rowsOf(key).stream()
                .filter(row -> OwnRouters.isWay(row, ip.family()))
                .anyMatch(row -> namespaceOf(row).map(namespace::equals).orElse(isInSet));
    }

    private boolean leadsAsAWhole(Destined key, String namespace, IpFamily family) {
        return view.rowsOf(key).stream()
                .filter(row -> OwnRouters.isWay(row, family))
                .anyMatch(row -> namespaceOf(row).filter(namespace::equals).isPresent());
    }

    private static Optional<String> namespaceOf(Row policy) {
        return DestinedRows.namespaceOf(
                policy.get(LogicalRouterPolicy.EXTERNAL_IDS).getOrDefault(EgressIpRows.ID_KEY, ""));
    }

    /** Whether all pods of the namespace are told by their port group. */
    boolean isWhole(String egressIp, String namespace) {
        return selection.selectsAllOf(namespace, egressIp)
                && groups.of(namespace).isPresent();
    }
}
