package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceList;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPortBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.ovnegress.reconciler.feature.ServiceTargets;
import io.ovnegress.reconciler.feature.egressrouter.ServiceFilling;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes Services without selectors lead to addresses of ours: an EndpointSlice for each, which follows its Service's ports. What has
 * become of it is told to the loop. A slice goes with the object that has asked for it, whoever is there to see that. Thread safe.
 */
public final class ServiceEndpoints implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceEndpoints.class);
    private static final String MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
    private static final String MANAGER = "ovn-egress.io";
    private static final String SERVICE_NAME = "kubernetes.io/service-name";
    private static final String SLICE_SUFFIX = "-ovn-egress";
    private static final Duration AGAIN = Duration.ofSeconds(5);
    private static final int THREADS = 2;

    private final KubernetesClient client;
    private final Consumer<InputChange> inbox;
    private final Clock clock;
    /** Guarded by this. */
    private final Map<String, Led> led = new HashMap<>();

    /** Guarded by this: another one writes them else. */
    private boolean leads;

    private final boolean cleansUp;
    private final LatestQueue<String, String> queue;

    /** @param cleansUp whether slices that an earlier controller has left are looked for */
    public ServiceEndpoints(KubernetesClient client, boolean cleansUp, Consumer<InputChange> inbox, Clock clock) {
        this.client = client;
        this.cleansUp = cleansUp;
        this.inbox = inbox;
        this.clock = clock;
        this.queue = new LatestQueue<>("service", THREADS, AGAIN, (older, newer) -> newer, this::write);
    }

    /** A Service while it is to lead somewhere; its fields are guarded by the endpoints. */
    private static final class Led {
        private ServiceTargets.Target target;
        private Optional<SingleObject<Service, ServiceList>> watch = Optional.empty();
        private Optional<Service> service = Optional.empty();
        private boolean isKnown;
        private Optional<ServiceFilling> told = Optional.empty();

        private Led(ServiceTargets.Target target) {
            this.target = target;
        }
    }

    /** From now on these are to lead there, and no others. */
    public synchronized void accept(ServiceTargets wanted) {
        if (cleansUp && !leads) {
            queue.put("", "");
        }
        leads = true;
        var gone = new ArrayList<>(led.keySet());
        gone.removeAll(wanted.services().keySet());
        for (var key : gone) {
            led.remove(key).watch.ifPresent(SingleObject::close);
            inbox.accept(new InputChange.Removed(ServiceFilling.KIND, key));
            queue.put(key, key);
        }
        wanted.services().forEach((key, target) -> {
            var there = led.get(key);
            if (there == null) {
                var added = new Led(target);
                led.put(key, added);
                added.watch = Optional.of(new SingleObject<>(
                        client, Service.class, ServiceList.class, key, service -> seen(key, added, service), clock));
            } else if (!there.target.equals(target)) {
                there.target = target;
                queue.put(key, key);
            }
        });
    }

    private synchronized void seen(String key, Led entry, Optional<Service> service) {
        if (led.get(key) == entry) {
            entry.service = service;
            entry.isKnown = true;
            queue.put(key, key);
        }
    }

    /** Whether it is dealt with. */
    private boolean write(String key, boolean firstTime) {
        try {
            if (key.isEmpty()) {
                removeOthers();
            } else {
                write(key);
            }
            return true;
        } catch (KubernetesClientException e) {
            var error = ApiErrors.describe(e);
            if (firstTime) {
                LOG.atWarn()
                        .addKeyValue("service", key)
                        .addKeyValue("error", error)
                        .log("endpoints are not written");
            }
            tell(key, Optional.of("its EndpointSlice is not written, tried again: " + error));
            return false;
        }
    }

    private void write(String key) {
        Optional<ServiceTargets.Target> target;
        Optional<Service> service;
        synchronized (this) {
            var entry = led.get(key);
            if (!leads || (entry != null && !entry.isKnown)) {
                return;
            }
            target = Optional.ofNullable(entry).map(there -> there.target);
            service = Optional.ofNullable(entry).flatMap(there -> there.service);
        }
        var problem = target.flatMap(there -> problem(service).or(() -> problem(service.orElseThrow(), there)));
        for (var family : IpFamily.values()) {
            var addresses = target.filter(unused -> service.isPresent())
                    .map(there -> addresses(there, family))
                    .orElse(Set.of());
            if (problem.isPresent()
                    || addresses.isEmpty()
                    || !families(service.get()).contains(family)) {
                remove(key, family);
            } else {
                problem = put(slice(key, service.get(), target.get(), family, addresses));
            }
        }
        tell(
                key,
                problem.or(() -> target.filter(there -> there.addresses().isEmpty())
                        .map(unused -> "the router is not ready yet")));
    }

    private static Optional<String> problem(Optional<Service> service) {
        if (service.isEmpty()) {
            return Optional.of("there is none: create one without selector, with the ports that are to lead there");
        }
        var spec = service.get().getSpec();
        if (spec == null || "ExternalName".equals(spec.getType())) {
            return Optional.of("it is of type ExternalName: use ClusterIP");
        }
        if (spec.getSelector() != null && !spec.getSelector().isEmpty()) {
            return Optional.of("it has a selector, which leads to pods: leave that out");
        }
        return spec.getPorts() == null || spec.getPorts().isEmpty()
                ? Optional.of("it has no ports: list those that are to lead there")
                : spec.getPorts().stream()
                        .filter(port -> portNumber(port) == 0)
                        .findFirst()
                        .map(port -> "port " + port.getPort()
                                + " has a named targetPort, which only pods know: write a number");
    }

    /** A cluster IP leads to endpoints of its own family only. */
    private static Optional<String> problem(Service service, ServiceTargets.Target target) {
        return target.addresses().isEmpty()
                        || families(service).stream()
                                .anyMatch(family -> !addresses(target, family).isEmpty())
                ? Optional.empty()
                : Optional.of("it has no cluster IP of a family of which the router has a source: see its"
                        + " spec.ipFamilies");
    }

    /** Both where the server does not say it: it is older than that. */
    private static Set<IpFamily> families(Service service) {
        var names = service.getSpec().getIpFamilies();
        return Arrays.stream(IpFamily.values())
                .filter(family -> names == null || names.isEmpty() || names.contains(family.words()))
                .collect(Collectors.toSet());
    }

    private static Set<String> addresses(ServiceTargets.Target target, IpFamily family) {
        return target.addresses().stream()
                .filter(address -> IpAddress.parse(address)
                        .filter(ip -> ip.family() == family)
                        .isPresent())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String sliceName(String key, IpFamily family) {
        return key.substring(key.indexOf('/') + 1)
                + SLICE_SUFFIX
                + (family == IpFamily.V4 ? "" : "-" + family.suffix());
    }

    private static int portNumber(ServicePort port) {
        IntOrString target = port.getTargetPort();
        if (target == null || (target.getIntVal() == null && target.getStrVal() == null)) {
            return port.getPort();
        }
        return target.getIntVal() == null ? 0 : target.getIntVal() == 0 ? port.getPort() : target.getIntVal();
    }

    private static EndpointSlice slice(
            String key, Service service, ServiceTargets.Target target, IpFamily family, Set<String> addresses) {
        int slash = key.indexOf('/');
        var owner = target.owner();
        var builder = new EndpointSliceBuilder()
                .withNewMetadata()
                .withNamespace(key.substring(0, slash))
                .withName(sliceName(key, family))
                .withLabels(Map.of(SERVICE_NAME, key.substring(slash + 1), MANAGED_BY, MANAGER))
                .withOwnerReferences(new OwnerReferenceBuilder()
                        .withApiVersion(owner.apiVersion())
                        .withKind(owner.kind())
                        .withName(owner.name())
                        .withUid(owner.uid())
                        .build())
                .endMetadata()
                .withAddressType(family.words())
                .withPorts(ports(service));
        for (var address : addresses) {
            builder.addNewEndpoint()
                    .withAddresses(address)
                    .withNewConditions()
                    .withReady(true)
                    .endConditions()
                    .endEndpoint();
        }
        return builder.build();
    }

    private static List<EndpointPort> ports(Service service) {
        return service.getSpec().getPorts().stream()
                .map(port -> new EndpointPortBuilder()
                        .withName(InputMappers.text(port.getName()))
                        .withProtocol(port.getProtocol() == null ? "TCP" : port.getProtocol())
                        .withPort(portNumber(port))
                        .build())
                .toList();
    }

    /** Returns what is in the way. */
    private Optional<String> put(EndpointSlice wanted) {
        var resource = client.discovery()
                .v1()
                .endpointSlices()
                .inNamespace(wanted.getMetadata().getNamespace())
                .withName(wanted.getMetadata().getName());
        var there = resource.get();
        if (there == null) {
            client.resource(wanted).create();
        } else if (!isOurs(there)) {
            return Optional.of("EndpointSlice " + wanted.getMetadata().getName()
                    + " is there and not ours: remove it, or name another Service");
        } else if (!isSame(there, wanted)) {
            wanted.getMetadata().setResourceVersion(there.getMetadata().getResourceVersion());
            client.resource(wanted).update();
        }
        return Optional.empty();
    }

    private static boolean isOurs(EndpointSlice slice) {
        var labels = slice.getMetadata().getLabels();
        return labels != null && MANAGER.equals(labels.get(MANAGED_BY));
    }

    private static boolean isSame(EndpointSlice there, EndpointSlice wanted) {
        return addresses(there).equals(addresses(wanted))
                && there.getPorts().equals(wanted.getPorts())
                && wanted.getMetadata().getLabels().equals(there.getMetadata().getLabels())
                && wanted.getMetadata()
                        .getOwnerReferences()
                        .equals(there.getMetadata().getOwnerReferences());
    }

    private static List<String> addresses(EndpointSlice slice) {
        return slice.getEndpoints().stream()
                .flatMap(endpoint -> endpoint.getAddresses().stream())
                .sorted()
                .toList();
    }

    private void remove(String key, IpFamily family) {
        int slash = key.indexOf('/');
        var resource = client.discovery()
                .v1()
                .endpointSlices()
                .inNamespace(key.substring(0, slash))
                .withName(sliceName(key, family));
        var there = resource.get();
        if (there != null && isOurs(there)) {
            resource.delete();
        }
    }

    /** Those that an earlier controller has written for what is not asked for any more. */
    private void removeOthers() {
        for (var slice : client.discovery()
                .v1()
                .endpointSlices()
                .inAnyNamespace()
                .withLabel(MANAGED_BY, MANAGER)
                .list()
                .getItems()) {
            var metadata = slice.getMetadata();
            var key = metadata.getNamespace() + "/" + metadata.getLabels().getOrDefault(SERVICE_NAME, "");
            boolean isWanted;
            synchronized (this) {
                isWanted = !leads || led.containsKey(key);
            }
            if (!isWanted) {
                client.resource(slice).delete();
            }
        }
    }

    private synchronized void tell(String key, Optional<String> error) {
        var entry = led.get(key);
        var filling = new ServiceFilling(key, error);
        if (entry != null && !entry.told.equals(Optional.of(filling))) {
            entry.told = Optional.of(filling);
            inbox.accept(new InputChange.Put(filling));
        }
    }

    /** Another one leads: it writes them from now on. */
    public synchronized void forgetWaiting() {
        queue.clear();
        led.values().forEach(entry -> entry.watch.ifPresent(SingleObject::close));
        led.clear();
        leads = false;
    }

    @Override
    public void close() {
        synchronized (this) {
            led.values().forEach(entry -> entry.watch.ifPresent(SingleObject::close));
        }
        queue.close();
    }
}
