package io.ovnegress.controller.kube;

import static io.ovnegress.controller.kube.EgressIpReader.isAbsent;

import io.ovnegress.reconciler.feature.egressip.EgressTrafficInput;
import java.util.ArrayList;
import java.util.Map;
import java.util.Objects;

/** Reads an EgressIPTraffic, whatever it holds: what is no network is refused by name where it is used. */
final class EgressTrafficReader {
    private EgressTrafficReader() {}

    static EgressTrafficInput read(EgressIpTraffic traffic) {
        var labels = InputMappers.metadata(traffic).getLabels();
        var networks = traffic.specOrMissing().path("destinationNetworks");
        var texts = new ArrayList<String>();
        if (networks.isArray()) {
            networks.forEach(network -> texts.add(network.isTextual() ? network.textValue() : network.toString()));
        } else if (!isAbsent(networks)) {
            texts.add(networks.toString());
        }
        return new EgressTrafficInput(
                InputMappers.nameOf(traffic), Objects.requireNonNullElse(labels, Map.of()), texts);
    }
}
