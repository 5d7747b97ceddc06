package io.ovnegress.controller.kube;

import static io.ovnegress.controller.kube.EgressIpReader.isAbsent;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.ovnegress.reconciler.feature.pool.PoolInput;
import io.ovnegress.reconciler.feature.pool.PooledEgressIp;
import io.ovnegress.reconciler.input.AddressRange;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.LabelSelector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Reads an EgressIPPool, and what pools see of an EgressIP, whatever they hold. What is malformed in a pool is an error of it. */
final class PoolReader {
    /** Of annotations that are ours. */
    private static final String OURS = "ovn-egress.io/";

    private static final Pattern DURATION = Pattern.compile("(?:(\\d{1,5})h)?(?:(\\d{1,5})m)?(?:(\\d{1,5})s)?");
    private static final Duration USUAL_GRACE = Duration.ofHours(1);
    private static final int USUALLY_EACH = 1;
    private static final int USUALLY_MOST = 8;
    /** As many as an EgressIP takes. */
    private static final int MOST = 128;
    /** What a label can hold. */
    private static final int LONGEST_NAME = 63;

    private final List<String> errors = new ArrayList<>();

    private PoolReader() {}

    static PoolInput read(EgressIpPool pool) {
        var metadata = InputMappers.metadata(pool);
        var spec = pool.specOrMissing();
        var reader = new PoolReader();
        var name = InputMappers.nameOf(pool);
        if (name.length() > LONGEST_NAME) {
            reader.errors.add("its name is longer than a label can be (" + LONGEST_NAME + ")");
        }
        var ranges = reader.ranges(spec.path("ranges"), "spec.ranges");
        if (ranges.isEmpty() && reader.errors.isEmpty()) {
            reader.errors.add("spec.ranges is empty: write networks, FIRST-LAST or addresses");
        }
        return new PoolInput(
                name,
                InputMappers.text(metadata.getUid()),
                InputMappers.created(pool),
                metadata.getGeneration() == null ? 0 : metadata.getGeneration(),
                ranges,
                reader.ranges(spec.path("exclusions"), "spec.exclusions"),
                reader.namespaces(spec, "namespaceSelector"),
                reader.namespaces(spec, "routerNamespaceSelector"),
                reader.number(spec, "addressesPerNamespace", USUALLY_EACH),
                reader.number(spec, "maxAddressesPerNamespace", USUALLY_MOST),
                reader.grace(spec.path("gracePeriod")),
                reader.annotations(spec.path("annotations")),
                reader.errors);
    }

    private List<AddressRange> ranges(JsonNode ranges, String where) {
        if (!isAbsent(ranges) && !ranges.isArray()) {
            errors.add(where + " is not a list");
            return List.of();
        }
        var read = new ArrayList<AddressRange>();
        for (int i = 0; i < ranges.size(); i++) {
            var range = AddressRange.parse(ranges.get(i).asText(""));
            if (range.isEmpty()) {
                errors.add(where + "[" + i + "] is " + ranges.get(i) + ": write a network, FIRST-LAST or an address");
            }
            range.ifPresent(read::add);
        }
        return read;
    }

    private Optional<LabelSelector> namespaces(JsonNode spec, String field) {
        var selector = spec.path(field);
        if (isAbsent(selector)) {
            return Optional.empty();
        }
        var reader = new SelectorReader("spec." + field);
        var read = reader.read(selector);
        errors.addAll(reader.errors());
        return read;
    }

    private int number(JsonNode spec, String field, int usual) {
        var number = spec.path(field);
        if (isAbsent(number)) {
            return usual;
        }
        if (number.isIntegralNumber()
                && number.canConvertToInt()
                && number.intValue() >= 1
                && number.intValue() <= MOST) {
            return number.intValue();
        }
        errors.add("spec." + field + " is " + number + ": write a number from 1 to " + MOST);
        return usual;
    }

    private Duration grace(JsonNode text) {
        if (isAbsent(text)) {
            return USUAL_GRACE;
        }
        var time = DURATION.matcher(text.asText(""));
        if (!text.isTextual() || text.textValue().isEmpty() || !time.matches()) {
            errors.add("spec.gracePeriod is " + text + ": write a time such as 1h, 30m, 1h30m or 0s");
            return USUAL_GRACE;
        }
        return Duration.ofHours(part(time.group(1)))
                .plusMinutes(part(time.group(2)))
                .plusSeconds(part(time.group(3)));
    }

    private static long part(String digits) {
        return digits == null ? 0 : Long.parseLong(digits);
    }

    private Map<String, String> annotations(JsonNode annotations) {
        var read = new HashMap<String, String>();
        if (!isAbsent(annotations) && !annotations.isObject()) {
            errors.add("spec.annotations is not a map");
        }
        for (var annotation : annotations.properties()) {
            var key = annotation.getKey();
            if (!key.startsWith(OURS)
                    || key.startsWith(PooledEgressIp.POOL)
                    || !annotation.getValue().isTextual()) {
                errors.add("spec.annotations." + key + ": write texts of annotations that begin with " + OURS
                        + ", and none of pools");
            } else {
                read.put(key, annotation.getValue().textValue());
            }
        }
        return read;
    }

    /** Whether a pool is meant, of whatever version. */
    static boolean isPool(OwnerReference owner) {
        return HasMetadata.getKind(EgressIpPool.class).equals(owner.getKind())
                && InputMappers.text(owner.getApiVersion()).startsWith(HasMetadata.getGroup(EgressIpPool.class) + "/");
    }

    static PooledEgressIp read(EgressIp egressIp) {
        var metadata = InputMappers.metadata(egressIp);
        var labels = metadata.getLabels();
        var annotations = new HashMap<String, String>();
        if (metadata.getAnnotations() != null) {
            metadata.getAnnotations().forEach((key, value) -> {
                if (key.startsWith(OURS) && value != null) {
                    annotations.put(key, value);
                }
            });
        }
        var owners = metadata.getOwnerReferences().stream()
                .filter(PoolReader::isPool)
                .map(owner -> InputMappers.text(owner.getUid()))
                .collect(Collectors.toSet());
        return new PooledEgressIp(
                InputMappers.nameOf(egressIp),
                InputMappers.text(metadata.getUid()),
                InputMappers.created(egressIp),
                Optional.ofNullable(labels == null ? null : labels.get(PooledEgressIp.POOL)),
                owners,
                InputMappers.textsOf(egressIp.specOrMissing().path("egressIPs")).stream()
                        .flatMap(text -> IpAddress.parse(text).stream())
                        .toList(),
                new SelectorReader("spec.namespaceSelector")
                        .read(egressIp.specOrMissing().path("namespaceSelector")),
                annotations);
    }
}
