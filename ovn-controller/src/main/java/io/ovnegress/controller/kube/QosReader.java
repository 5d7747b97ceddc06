package io.ovnegress.controller.kube;

import static io.ovnegress.controller.kube.EgressIpReader.isAbsent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.ovnegress.reconciler.feature.egressip.EgressIpQos;
import io.ovnegress.reconciler.feature.egressip.EgressIpQos.Bandwidth;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads how what leaves as an EgressIP's addresses is limited and marked: the fields of our CRD, or where they are absent (always with
 * ovn-kubernetes' CRD, which prunes them) the annotations.
 */
final class QosReader {
    private final EgressIp egressIp;
    private final List<String> errors = new ArrayList<>();

    private QosReader(EgressIp egressIp) {
        this.egressIp = egressIp;
    }

    static EgressIpQos read(EgressIp egressIp) {
        var reader = new QosReader(egressIp);
        var bandwidth = reader.said("bandwidth", Annotations.BANDWIDTH).flatMap(reader::bandwidth);
        var dscp = reader.said("dscp", Annotations.DSCP).flatMap(reader::dscp);
        return new EgressIpQos(bandwidth, dscp, reader.errors);
    }

    /** What is no JSON in an annotation, as its text. */
    private Optional<JsonNode> said(String field, String annotation) {
        var value = egressIp.specOrMissing().path(field);
        if (!isAbsent(value)) {
            return Optional.of(value);
        }
        return EgressIpReader.annotation(egressIp, annotation).map(text -> {
            var json = InputMappers.annotation(egressIp, annotation);
            return isAbsent(json) ? JsonNodeFactory.instance.textNode(text) : json;
        });
    }

    /** Of one that is not understood as a whole nothing is taken. */
    private Optional<Bandwidth> bandwidth(JsonNode bandwidth) {
        var rate = number(bandwidth.isObject() ? bandwidth.path("rateKbps") : bandwidth, 1, Bandwidth.MOST);
        var burst = bandwidth.path("burstKb");
        if (isAbsent(burst)) {
            if (rate.isEmpty()) {
                refuse(
                        "bandwidth",
                        Annotations.BANDWIDTH,
                        bandwidth,
                        "has no rateKbps from 1 to " + Bandwidth.MOST,
                        "without a limit");
            }
            return rate.map(Bandwidth::of);
        }
        var read = number(burst, Bandwidth.LEAST_BURST, Bandwidth.MOST);
        if (rate.isEmpty() || read.isEmpty()) {
            refuse(
                    "bandwidth",
                    Annotations.BANDWIDTH,
                    bandwidth,
                    "has no rateKbps from 1 to " + Bandwidth.MOST + ", or no burstKb from " + Bandwidth.LEAST_BURST
                            + " (ten packets) on",
                    "without a limit");
            return Optional.empty();
        }
        return Optional.of(new Bandwidth(rate.get(), read.get()));
    }

    private Optional<Integer> dscp(JsonNode dscp) {
        var read = number(dscp, 0, EgressIpQos.HIGHEST_DSCP).map(Long::intValue);
        if (read.isEmpty()) {
            refuse(
                    "dscp",
                    Annotations.DSCP,
                    dscp,
                    "is no number from 0 to " + EgressIpQos.HIGHEST_DSCP,
                    "with the code points that pods send");
        }
        return read;
    }

    private static Optional<Long> number(JsonNode number, long least, long most) {
        return number.isIntegralNumber()
                        && number.canConvertToLong()
                        && number.asLong() >= least
                        && number.asLong() <= most
                ? Optional.of(number.asLong())
                : Optional.empty();
    }

    private void refuse(String field, String annotation, JsonNode value, String why, String served) {
        var text = value.toString();
        errors.add(
                field + " (or annotation " + annotation + ") is " + (text.length() > 80 ? text.substring(0, 80) : text)
                        + ", which " + why + ": its pods are served " + served + " until it is corrected");
    }
}
