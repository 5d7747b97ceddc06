package io.ovnegress.controller.convert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Quantity;
import io.ovnegress.controller.kube.Annotations;
import io.ovnegress.reconciler.feature.egressip.EgressIpQos.Bandwidth;
import io.ovnegress.reconciler.input.IpAddress;
import java.math.BigDecimal;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Antrea's Egresses to EgressIPs, and its ExternalIPPools to EgressIPPools. */
final class AntreaEgresses {
    private static final String GROUP = "crd.antrea.io";

    private final Input input;
    private final SpareAddresses spares;
    private final Draft draft;

    private AntreaEgresses(Input input, SpareAddresses spares, Draft draft) {
        this.input = input;
        this.spares = spares;
        this.draft = draft;
    }

    static void convert(Input input, SpareAddresses spares, Draft draft) {
        var egresses = new AntreaEgresses(input, spares, draft);
        input.of("ExternalIPPool", GROUP).forEach(egresses::pool);
        input.of("Egress", GROUP).forEach(egresses::egress);
    }

    private void pool(Manifest pool) {
        var object = Objects.object("ovn-egress.io/v1alpha1", "EgressIPPool", Optional.empty(), pool.name());
        var spec = object.putObject("spec");
        var ranges = spec.putArray("ranges");
        pool.spec()
                .path("ipRanges")
                .forEach(range -> ranges.add(
                        range.hasNonNull("cidr")
                                ? range.path("cidr").asText()
                                : range.path("start").asText() + "-"
                                        + range.path("end").asText()));
        if (ranges.isEmpty()) {
            draft.say(pool, Verdict.Lost, "spec.ipRanges has no range: nothing is made of it");
            return;
        }
        if (pool.spec().path("nodeSelector").isObject()
                && !pool.spec().path("nodeSelector").isEmpty()) {
            spec.putObject("annotations")
                    .put(
                            Annotations.EGRESS_NODE_SELECTOR,
                            pool.spec().path("nodeSelector").toString());
        }
        draft.add(object);
        draft.say(
                pool,
                Verdict.Same,
                "EgressIPPool " + pool.name() + " of " + ranges.size()
                        + " ranges, for namespaces with the annotation ovn-egress.io/pool: " + pool.name()
                        + "; an address that an EgressIP names is not given out again");
        var subnet = pool.spec().path("subnetInfo");
        if (subnet.isObject()) {
            draft.say(
                    pool,
                    Verdict.Lost,
                    "subnetInfo " + subnet
                            + ": addresses lie in the network of the node's primary interface, other networks and VLANs are not served");
        }
    }

    private void egress(Manifest egress) {
        var addresses = addresses(egress);
        var pools = new LinkedHashSet<String>();
        Optional.of(egress.spec().path("externalIPPool").asText(""))
                .filter(name -> !name.isEmpty())
                .ifPresent(pools::add);
        pools.addAll(Manifest.texts(egress.spec().path("externalIPPools")));
        if (addresses.isEmpty()) {
            addresses.addAll(spares.take(1));
            if (addresses.isEmpty()) {
                draft.say(
                        egress,
                        Verdict.Lost,
                        "the address that pool " + String.join(", ", pools) + " gave it is not in the"
                                + " manifest: read it with its status (kubectl get egress -o yaml), or say --addresses;"
                                + " nothing is made of it");
                return;
            }
            draft.say(egress, Verdict.Different, "its source is " + String.join(", ", addresses) + ", of --addresses");
        }
        var applied = egress.spec().path("appliedTo");
        var namespaces = applied.path("namespaceSelector");
        if (!namespaces.isObject() && !applied.path("podSelector").isObject()) {
            draft.say(
                    egress,
                    Verdict.Lost,
                    "appliedTo has neither namespaceSelector nor podSelector (groups are not understood): nothing is made of it");
            return;
        }
        var object = Objects.egressIp(
                egress.name(), addresses, namespaces.isObject() ? namespaces : Objects.JSON.objectNode());
        var pods = applied.path("podSelector");
        if (pods.isObject() && !pods.isEmpty()) {
            ((ObjectNode) object.path("spec")).set("podSelector", pods);
        }
        nodes(pools).ifPresent(selector -> {
            Objects.annotated(object, Annotations.EGRESS_NODE_SELECTOR, selector.toString());
            draft.say(egress, Verdict.Same, "its nodes are those of pool " + String.join(", ", pools));
        });
        draft.add(object);
        draft.say(egress, Verdict.Same, "the selected pods leave as " + String.join(", ", addresses));
        draft.say(
                egress,
                Verdict.Better,
                "a planned move loses no packet to another address, and the object says why it is where" + " it is");
        bandwidth(egress, addresses.size(), object);
    }

    /** Antrea has quantities of bits in a second, and of bits; OVN kilobits. */
    private void bandwidth(Manifest egress, int addresses, ObjectNode object) {
        var asked = egress.spec().path("bandwidth");
        if (!asked.isObject()) {
            return;
        }
        var rate = kilo(asked.path("rate"), 1);
        var burst = kilo(asked.path("burst"), Bandwidth.LEAST_BURST);
        if (rate.isEmpty()) {
            draft.say(
                    egress,
                    Verdict.Lost,
                    "bandwidth " + asked + " is not limited: its rate is no quantity from 1k to " + Bandwidth.MOST
                            + "k, write annotation " + Annotations.BANDWIDTH);
            return;
        }
        var limit = Objects.JSON.objectNode().put("rateKbps", rate.get());
        burst.ifPresent(kbit -> limit.put("burstKb", kbit));
        Objects.annotated(object, Annotations.BANDWIDTH, limit.toString());
        draft.say(
                egress,
                addresses == 1 ? Verdict.Same : Verdict.Different,
                "what leaves as " + (addresses == 1 ? "its address" : "each of its addresses") + " is limited to "
                        + rate.get() + " kbit/s (annotation " + Annotations.BANDWIDTH + ")"
                        + (burst.isPresent()
                                ? ""
                                : ", with the burst that is usual here, since its own is no quantity from "
                                        + Bandwidth.LEAST_BURST + "k on"));
    }

    private static Optional<Long> kilo(JsonNode quantity, long least) {
        try {
            var amount = Quantity.getAmountInBytes(Quantity.parse(quantity.asText("")))
                    .divideToIntegralValue(BigDecimal.valueOf(1000));
            boolean fits = amount.compareTo(BigDecimal.valueOf(least)) >= 0
                    && amount.compareTo(BigDecimal.valueOf(Bandwidth.MOST)) <= 0;
            return fits ? Optional.of(amount.longValueExact()) : Optional.empty();
        } catch (IllegalArgumentException | ArithmeticException e) {
            return Optional.empty(); // what somebody has written
        }
    }

    private static Set<String> addresses(Manifest egress) {
        var texts = new LinkedHashSet<String>();
        for (var text : List.of(
                egress.spec().path("egressIP").asText(""),
                egress.json().at("/status/egressIP").asText(""))) {
            if (texts.isEmpty()) {
                Manifest.address(text).map(IpAddress::text).ifPresent(texts::add);
            }
        }
        Manifest.texts(egress.spec().path("egressIPs"))
                .forEach(text -> Manifest.address(text).map(IpAddress::text).ifPresent(texts::add));
        return texts;
    }

    private Optional<JsonNode> nodes(Set<String> pools) {
        return input.of("ExternalIPPool", GROUP)
                .filter(pool -> pools.contains(pool.name()))
                .map(pool -> pool.spec().path("nodeSelector"))
                .filter(selector -> selector.isObject() && !selector.isEmpty())
                .findFirst();
    }
}
