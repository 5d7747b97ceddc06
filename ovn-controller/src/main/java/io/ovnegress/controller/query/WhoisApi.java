package io.ovnegress.controller.query;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.inject.Inject;
import io.ovnegress.controller.history.HistoryReader;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpRows;
import io.ovnegress.reconciler.feature.egressip.rows.RouterWants;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.northbound.Marks;
import java.time.Clock;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * {@code GET /api/v1/whois/ADDRESS[:PORT][?at=TIME]}: which pods could have left as the address at that time: those that have it
 * now, and what has changed since taken back. Of a router that many leave by the rows tell the namespaces at that time, but not the
 * pods, which are in ovnkube's port groups: those of now are named, and the answer says that it is not complete. Thread safe.
 */
public final class WhoisApi implements Api {
    public static final String PATH = "/api/v1/whois/";

    private static final int HIGHEST_PORT = 65535;
    private static final Pattern WITH_PORT = Pattern.compile("\\[?([^\\[\\]]+?)]?:(\\d{1,5})");
    private static final Pattern PORTS = Pattern.compile("(\\d{1,5})-(\\d{1,5})");
    /** So many pods are named of those that share a router. */
    private static final int MOST_SHARING = 1000;
    /** As the history has it, among other pairs. */
    private static final Pattern NAMESPACES =
            Pattern.compile(Pattern.quote(RouterWants.NAMESPACES_KEY) + "=(.*?)(?:, |$)");

    private final Asking asking;
    private final HistoryReader history;
    private final Clock clock;

    @Inject
    public WhoisApi(Asking asking, HistoryReader history, Clock clock) {
        this.asking = asking;
        this.history = history;
        this.clock = clock;
    }

    @Override
    public String path() {
        return PATH;
    }

    /**
     * Who has it, as one row says.
     *
     * @param behind of a router of its own, by which many leave: what is known of them
     * @param ports as which it leaves, such as {@code 32768-60999}; empty: all
     */
    private record Holder(String podIp, String pod, String behind, String ports, Optional<String> since) {
        boolean mayHave(int port) {
            var range = PORTS.matcher(ports);
            return !range.matches()
                    || (Integer.parseInt(range.group(1)) <= port && port <= Integer.parseInt(range.group(2)));
        }

        Holder withPorts(String others) {
            return new Holder(podIp, pod, behind, others, since);
        }

        Holder withBehind(String others) {
            return new Holder(podIp, pod, others, ports, since);
        }

        /** The rows of a router do not say which pods leave by it. */
        boolean isRouter() {
            return podIp.indexOf('/') >= 0;
        }
    }

    private static String behind(Map<String, String> externalIds) {
        return behind(externalIds.getOrDefault(RouterWants.NAMESPACES_KEY, ""))
                .orElseGet(() -> externalIds.getOrDefault(Marks.OWNER_KEY, ""));
    }

    private static Optional<String> behind(String namespaces) {
        return namespaces.isEmpty() ? Optional.empty() : Optional.of("pods of " + namespaces.replace(",", ", "));
    }

    /** The same of a row of the history, as it was. */
    private static Optional<String> behindBefore(JsonNode row) {
        var namespaces = NAMESPACES.matcher(
                row.path("before").path(Nat.EXTERNAL_IDS.name()).asText());
        return namespaces.find()
                ? Optional.of(behind(namespaces.group(1)).orElse("pods of no namespace"))
                : Optional.empty();
    }

    @Override
    public Reply answer(Request request) {
        var text = String.join("/", request.words());
        var withPort = WITH_PORT.matcher(text);
        var address = IpAddress.parse(text)
                .or(() -> withPort.matches() ? IpAddress.parse(withPort.group(1)) : Optional.empty());
        var at = Moment.before(request.parameter("at").orElse("0s"), clock.instant());
        if (address.isEmpty() || at.isEmpty()) {
            return Reply.refused(
                    400,
                    "ask " + PATH + "ADDRESS[:PORT]?at=TIME, where TIME is how long ago, such as 90s, 30m, 1h or 2d, or"
                            + " 2026-01-31T12:00:00Z");
        }
        var external = address.get().text();
        var port = withPort.matches() && IpAddress.parse(text).isEmpty()
                ? OptionalInt.of(Integer.parseInt(withPort.group(2)))
                : OptionalInt.empty();
        if (port.isPresent() && (port.getAsInt() < 1 || port.getAsInt() > HIGHEST_PORT)) {
            return Reply.refused(400, port.getAsInt() + " is no port: say 1 to " + HIGHEST_PORT);
        }
        return asking.ask(
                "whois " + text,
                reconciler -> {
                    var now = new HashMap<String, Holder>();
                    reconciler
                            .rowsOfOurs(
                                    Nat.TABLE, row -> row.get(Nat.EXTERNAL_IP).equals(external))
                            .forEach(row -> now.put(
                                    row.id().toString(),
                                    new Holder(
                                            row.get(Nat.LOGICAL_IP),
                                            row.get(Nat.EXTERNAL_IDS).getOrDefault(EgressIpRows.POD_KEY, ""),
                                            behind(row.get(Nat.EXTERNAL_IDS)),
                                            row.knows(Nat.EXTERNAL_PORT_RANGE) ? row.get(Nat.EXTERNAL_PORT_RANGE) : "",
                                            Optional.empty())));
                    return new Seen(now, new TreeSet<>(now.isEmpty() ? Set.of() : reconciler.sharing(address.get())));
                },
                seen -> reply(external, port, seen, at.get()));
    }

    /** @param sharing the pods that leave as it now by a router that many leave by */
    private record Seen(Map<String, Holder> now, Set<PodName> sharing) {}

    private Reply reply(String external, OptionalInt port, Seen seen, Instant at) {
        var read = history.read(
                Instant.MIN,
                entry -> entry.path("outcome").asText().equals("committed") && mentions(entry, external),
                Integer.MAX_VALUE);
        var holders = new HashMap<>(seen.now());
        for (var entry : read.entries().reversed()) {
            boolean later = Instant.parse(entry.path("time").asText()).isAfter(at);
            entry.path("rows").forEach(row -> {
                if (row.path("table").asText().equals(Nat.TABLE.name())) {
                    takeBack(external, entry, row, later, holders);
                }
            });
        }
        var others = holders.values().stream()
                .filter(holder -> port.isPresent() && !holder.mayHave(port.getAsInt()))
                .map(Holder::ports)
                .collect(Collectors.toCollection(TreeSet::new));
        holders.values().removeIf(holder -> port.isPresent() && !holder.mayHave(port.getAsInt()));
        var sharing = holders.values().stream().anyMatch(Holder::isRouter) ? seen.sharing() : Set.<PodName>of();
        boolean isNow = at.isAfter(clock.instant().minusSeconds(1));
        boolean isKnown = !read.complete().isAfter(at) || isNow;
        var json = JsonNodeFactory.instance
                .objectNode()
                .put(
                        "answer",
                        holders.values().stream()
                                        .filter(holder -> !holder.isRouter())
                                        .map(Holder::podIp)
                                        .distinct()
                                        .count()
                                + " pod addresses could have left as " + external
                                + (port.isPresent() ? " with port " + port.getAsInt() : "") + " at " + at
                                + (others.isEmpty()
                                        ? port.isPresent() && holders.size() > 1
                                                ? "; all share its ports, which the rows do not tell apart"
                                                : ""
                                        : "; what leaves as it has the ports " + String.join(", ", others))
                                + holders.values().stream()
                                        .filter(Holder::isRouter)
                                        .map(Holder::behind)
                                        .distinct()
                                        .sorted()
                                        .map(behind -> "; it has a router of its own, by which many leave: " + behind)
                                        .collect(Collectors.joining())
                                + words(sharing.size(), isNow)
                                + (isKnown
                                        ? ""
                                        : "; but the history does not go back so far, and what changed before "
                                                + read.complete() + " is not known"))
                .put("leader", history.leads())
                .put("at", at.toString())
                .put("complete", isKnown && holders.values().stream().noneMatch(Holder::isRouter));
        var pods = json.putArray("pods");
        holders.values().stream()
                .sorted(Comparator.comparing(Holder::pod).thenComparing(Holder::podIp))
                .distinct()
                .forEach(holder -> {
                    var pod = pods.addObject().put("ip", holder.podIp());
                    if (!holder.pod().isEmpty()) {
                        pod.put("pod", holder.pod());
                    }
                    if (holder.isRouter()) {
                        pod.put("behind", holder.behind());
                    }
                    holder.since().ifPresent(since -> pod.put("since", since));
                });
        if (!sharing.isEmpty()) {
            var names = json.putArray("sharing");
            sharing.stream().limit(MOST_SHARING).forEach(pod -> names.add(pod.toString()));
        }
        return new Reply(200, json);
    }

    private static String words(int sharing, boolean isNow) {
        return sharing == 0
                ? ""
                : ", as of now " + sharing + (sharing == 1 ? " pod" : " pods")
                        + (isNow
                                ? ""
                                : "; which pods it was at that time no row tells, since those of a namespace are in"
                                        + " ovnkube's port group: look for those that were there in the logs of the cluster");
    }

    private static boolean mentions(JsonNode entry, String external) {
        for (var row : entry.path("rows")) {
            if (externalIp(row, "before").equals(external)
                    || externalIp(row, "after").equals(external)) {
                return true;
            }
        }
        return false;
    }

    private static String externalIp(JsonNode row, String when) {
        return row.path(when).path(Nat.EXTERNAL_IP.name()).asText();
    }

    private static String portsBefore(JsonNode row) {
        return row.path("before").path(Nat.EXTERNAL_PORT_RANGE.name()).asText();
    }

    /** @param later whether it happened after the time that is asked for: else it says since when it has been so */
    private static void takeBack(
            String external, JsonNode entry, JsonNode row, boolean later, Map<String, Holder> holders) {
        var id = row.path("uuid").asText();
        boolean had = externalIp(row, "before").equals(external);
        boolean isKept = had
                && !row.path("change").asText().equals("remove")
                && !row.path("after").has(Nat.EXTERNAL_IP.name());
        boolean has = externalIp(row, "after").equals(external);
        if (isKept || (had && has)) {
            if (later && row.path("after").has(Nat.EXTERNAL_IDS.name())) {
                holders.computeIfPresent(
                        id,
                        (unused, holder) ->
                                behindBefore(row).map(holder::withBehind).orElse(holder));
            }
            if (later && row.path("after").has(Nat.EXTERNAL_PORT_RANGE.name())) {
                holders.computeIfPresent(id, (unused, holder) -> holder.withPorts(portsBefore(row)));
            }
            return;
        }
        if (has && !later) {
            holders.computeIfPresent(
                    id,
                    (unused, holder) -> holder.since().isPresent()
                            ? holder
                            : new Holder(
                                    holder.podIp(),
                                    holder.pod(),
                                    holder.behind(),
                                    holder.ports(),
                                    Optional.of(entry.path("time").asText())));
        } else if (has) {
            holders.remove(id);
        } else if (had && later) {
            holders.put(
                    id,
                    new Holder(
                            row.path("before")
                                    .path(Nat.LOGICAL_IP.name())
                                    .asText(entry.path("owner").asText()),
                            entry.path("pod").asText(),
                            behindBefore(row)
                                    .orElseGet(() -> entry.path("object")
                                            .asText(entry.path("owner").asText())),
                            portsBefore(row),
                            Optional.empty()));
        }
    }
}
