package io.ovnegress.controller.kube;

import static io.ovnegress.controller.kube.EgressIpReader.isAbsent;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.reconciler.feature.egressrouter.Destination;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Protocol;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Target;
import io.ovnegress.reconciler.feature.egressrouter.Destinations;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput.Clients;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput.ConfigMapKey;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.LabelSelector.Operator;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.PoolClaim;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads an EgressRouter, whatever it holds. What is malformed becomes an error that names its field. */
final class EgressRouterReader {
    private static final Pattern HOST =
            Pattern.compile("([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?");
    private static final int LONGEST_HOST = 253;
    private static final Pattern OBJECT = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");
    private static final int HIGHEST_PORT = 65535;
    private static final LabelSelector EGRESS_NODES =
            new LabelSelector(List.of(new Requirement(NodeInput.EGRESS_ASSIGNABLE, Operator.EXISTS, Set.of())));

    private final JsonNode spec;
    private final List<String> errors = new ArrayList<>();

    private EgressRouterReader(JsonNode spec) {
        this.spec = spec;
    }

    static EgressRouterInput read(EgressRouter router) {
        var metadata = InputMappers.metadata(router);
        var reader = new EgressRouterReader(router.specOrMissing());
        if (!isAbsent(reader.spec)) {
            reader.checkObject(reader.spec, "spec");
        }
        boolean isHighlyAvailable = reader.flag("highAvailability");
        var claim = reader.claim(router, isHighlyAvailable ? 2 : 1);
        var sources = claim.map(PoolClaim::given).orElseGet(() -> reader.sources(isHighlyAvailable));
        var destinations = reader.destinations();
        return new EgressRouterInput(
                InputMappers.text(metadata.getNamespace()),
                InputMappers.text(metadata.getName()),
                InputMappers.text(metadata.getUid()),
                InputMappers.created(router),
                metadata.getGeneration() == null ? 0 : metadata.getGeneration(),
                sources,
                destinations,
                reader.text("destinationsText").orElse(""),
                reader.destinationsFrom(),
                reader.clients(),
                reader.nodes(),
                reader.virtualIps(),
                reader.text("service").filter(name -> reader.isName(name, "spec.service")),
                isHighlyAvailable,
                reader.flag("dialDestinations"),
                claim,
                annotation(router, EgressRouter.NOTES),
                reader.errors);
    }

    private static Optional<String> annotation(EgressRouter router, String key) {
        return Optional.ofNullable(InputMappers.metadata(router).getAnnotations())
                .map(annotations -> annotations.get(key));
    }

    /** One that names no addresses wants some of a pool; status says which it has been given. */
    private Optional<PoolClaim> claim(EgressRouter router, int wanted) {
        annotation(router, EgressRouter.REFUSED).ifPresent(errors::add);
        var pool = text("pool").filter(name -> isName(name, "spec.pool"));
        var families = families();
        if (!isAbsent(spec.path("addresses"))) {
            pool.ifPresent(name -> errors.add("spec.pool and spec.addresses are both there: write one of them"));
            if (!families.isEmpty()) {
                errors.add("spec.ipFamilies and spec.addresses are both there: addresses say it already");
            }
            return Optional.empty();
        }
        var metadata = InputMappers.metadata(router);
        return Optional.of(new PoolClaim(
                InputMappers.text(metadata.getNamespace()),
                InputMappers.text(metadata.getUid()),
                InputMappers.created(router),
                pool,
                wanted,
                families,
                given(InputMappers.textsOf(router.statusOrMissing().path("poolAddresses")), families)));
    }

    /** Of the families that it wants; of one that does not say it IPv4 if there is some. */
    private static List<IpAddress> given(List<String> texts, Set<IpFamily> families) {
        var all = texts.stream()
                .flatMap(text -> IpAddress.parse(text).stream())
                .distinct()
                .toList();
        var wanted = families.isEmpty()
                ? Set.of(all.stream()
                        .map(IpAddress::family)
                        .min(Comparator.naturalOrder())
                        .orElse(IpFamily.V4))
                : families;
        return all.stream().filter(ip -> wanted.contains(ip.family())).toList();
    }

    /** As of a Service; what is no list of these asks for none. */
    private Set<IpFamily> families() {
        var names = spec.path("ipFamilies");
        var families = EnumSet.noneOf(IpFamily.class);
        if (!isAbsent(names) && !names.isArray()) {
            errors.add("spec.ipFamilies is not a list");
        }
        for (var name : names) {
            Arrays.stream(IpFamily.values())
                    .filter(family -> family.words().equals(name.asText("")))
                    .findFirst()
                    .ifPresentOrElse(
                            families::add, () -> errors.add("spec.ipFamilies has " + name + ": write IPv4 or IPv6"));
        }
        return families;
    }

    private Optional<String> text(String field) {
        var value = spec.path(field);
        if (isAbsent(value)) {
            return Optional.empty();
        }
        if (!value.isTextual()) {
            errors.add("spec." + field + " is no text");
            return Optional.empty();
        }
        return Optional.of(value.textValue()).filter(text -> !text.isEmpty());
    }

    private static String textOf(JsonNode value) {
        return value.isTextual() ? value.textValue() : "";
    }

    private boolean flag(String field) {
        var value = spec.path(field);
        if (!isAbsent(value) && !value.isBoolean()) {
            errors.add("spec." + field + " is neither true nor false");
        }
        return value.asBoolean(false);
    }

    private boolean isName(String name, String where) {
        if (OBJECT.matcher(name).matches()) {
            return true;
        }
        errors.add(where + " \"" + name + "\" is no name of an object");
        return false;
    }

    private void checkObject(JsonNode value, String where) {
        if (!value.isObject()) {
            errors.add(where + " is " + value + " and no object");
        }
    }

    private List<IpAddress> sources(boolean isHighlyAvailable) {
        var sources = new ArrayList<IpAddress>();
        var texts = spec.path("addresses");
        if (!texts.isArray()) {
            errors.add("spec.addresses is not a list");
            return sources;
        }
        for (int i = 0; i < texts.size(); i++) {
            var where = "spec.addresses[" + i + "]";
            address(textOf(texts.path(i)), where).ifPresent(address -> {
                if (sources.contains(address)) {
                    errors.add(where + " " + address + " is there twice");
                } else {
                    sources.add(address);
                }
            });
        }
        int wanted = isHighlyAvailable ? 2 : 1;
        boolean isRight = texts.size() > 0 && texts.size() <= 2 * wanted;
        for (var family : IpFamily.values()) {
            long ofFamily = sources.stream().filter(ip -> ip.family() == family).count();
            isRight &= ofFamily == 0 || ofFamily == wanted;
        }
        if (sources.size() == texts.size() && !isRight) {
            errors.add("spec.addresses has " + texts.size() + " addresses: write "
                    + (isHighlyAvailable
                            ? "two of a family, one for each of its nodes, or two of each"
                            : "one of a family, or one of each (two if highAvailability is true)"));
        }
        return sources;
    }

    private Optional<IpAddress> address(String text, String where) {
        var address = IpAddress.parse(text);
        if (address.isEmpty()) {
            errors.add(where + " \"" + text + "\" is no IP address");
        }
        return address;
    }

    /** The one, or one of each family. */
    private List<IpAddress> virtualIps() {
        var ips = new ArrayList<IpAddress>();
        text("virtualIP").flatMap(text -> address(text, "spec.virtualIP")).ifPresent(ips::add);
        var more = spec.path("virtualIPs");
        if (!isAbsent(more) && !more.isArray()) {
            errors.add("spec.virtualIPs is not a list");
        }
        for (int i = 0; i < more.size(); i++) {
            address(more.path(i).asText(""), "spec.virtualIPs[" + i + "]")
                    .filter(ip -> !ips.contains(ip))
                    .ifPresent(ips::add);
        }
        if (ips.stream().map(IpAddress::family).distinct().count() < ips.size()) {
            errors.add("spec.virtualIP and spec.virtualIPs name two of one family: write one of each at most");
        }
        return ips;
    }

    private Destinations destinations() {
        var listed = new ArrayList<Destination>();
        var list = spec.path("destinations");
        if (!isAbsent(list) && !list.isArray()) {
            errors.add("spec.destinations is not a list");
        }
        for (int i = 0; list.isArray() && i < list.size(); i++) {
            destination(list.get(i), "spec.destinations[" + i + "]").ifPresent(listed::add);
        }
        return new Destinations(listed, text("fallback").flatMap(fallback -> target(fallback, "spec.fallback")));
    }

    private Optional<Destination> destination(JsonNode line, String where) {
        var port = port(line.path("port"), where + ".port");
        var targetPort =
                isAbsent(line.path("targetPort")) ? port : port(line.path("targetPort"), where + ".targetPort");
        var to = target(textOf(line.path("to")), where + ".to");
        var protocol = protocol(line.path("protocol"), where + ".protocol");
        return port.isPresent() && targetPort.isPresent() && to.isPresent() && protocol.isPresent()
                ? Optional.of(new Destination(port.getAsInt(), protocol.get(), to.get(), targetPort.getAsInt()))
                : Optional.empty();
    }

    private OptionalInt port(JsonNode port, String where) {
        if (port.isIntegralNumber() && port.canConvertToInt() && port.asInt() > 0 && port.asInt() <= HIGHEST_PORT) {
            return OptionalInt.of(port.asInt());
        }
        errors.add(where + " is " + (isAbsent(port) ? "missing" : port) + ": write a number from 1 to " + HIGHEST_PORT);
        return OptionalInt.empty();
    }

    private Optional<Protocol> protocol(JsonNode protocol, String where) {
        return switch (isAbsent(protocol) ? "TCP" : protocol.asText("").toUpperCase(Locale.ROOT)) {
            case "TCP" -> Optional.of(Protocol.tcp);
            case "UDP" -> Optional.of(Protocol.udp);
            default -> {
                errors.add(where + " is " + protocol + ": write TCP or UDP");
                yield Optional.empty();
            }
        };
    }

    private Optional<Target> target(String text, String where) {
        var address = IpAddress.parse(text);
        if (address.isPresent()) {
            return address.map(Target.Address::new);
        }
        var host = text.toLowerCase(Locale.ROOT);
        host = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        if (host.length() <= LONGEST_HOST && HOST.matcher(host).matches()) {
            return Optional.of(new Target.Name(host));
        }
        errors.add(where + " \"" + text + "\" is neither an IP address nor a host name");
        return Optional.empty();
    }

    private Optional<ConfigMapKey> destinationsFrom() {
        var from = spec.path("destinationsFrom");
        if (isAbsent(from)) {
            return Optional.empty();
        }
        var reference = from.path("configMapKeyRef");
        var name = textOf(reference.path("name"));
        var key = textOf(reference.path("key"));
        if (key.isEmpty()) {
            errors.add("spec.destinationsFrom.configMapKeyRef.key is missing");
        }
        return isName(name, "spec.destinationsFrom.configMapKeyRef.name") && !key.isEmpty()
                ? Optional.of(new ConfigMapKey(name, key))
                : Optional.empty();
    }

    private Clients clients() {
        var clients = spec.path("clients");
        if (!isAbsent(clients)) {
            checkObject(clients, "spec.clients");
        }
        return new Clients(
                selector(clients.path("namespaceSelector"), "spec.clients.namespaceSelector"),
                selector(clients.path("podSelector"), "spec.clients.podSelector")
                        .orElse(LabelSelector.EVERYTHING));
    }

    private Optional<LabelSelector> selector(JsonNode selector, String where) {
        return isAbsent(selector) ? Optional.empty() : EgressIpReader.selector(selector, where, errors);
    }

    /** Labels as a pod's {@code nodeSelector} has them; without any the nodes for egress IPs are meant. */
    private LabelSelector nodes() {
        var labels = spec.path("nodeSelector");
        if (!isAbsent(labels)) {
            checkObject(labels, "spec.nodeSelector");
        }
        if (labels.isEmpty()) {
            return EGRESS_NODES;
        }
        var requirements = new ArrayList<Requirement>();
        for (var label : labels.properties()) {
            var value = label.getValue();
            if (!value.isTextual() && !value.isNull()) {
                errors.add("spec.nodeSelector." + label.getKey() + " is " + value + " and no text");
            }
            requirements.add(new Requirement(label.getKey(), Operator.IN, Set.of(value.asText(""))));
        }
        return new LabelSelector(requirements);
    }
}
