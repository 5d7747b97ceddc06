package io.ovnegress.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.Features;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResourcesTest {
    @Test
    void everyKindThatFeaturesWaitForIsWatchedOnce() {
        var waitedFor = new HashSet<>(InputKind.core());
        Features.of(new ReconcilerConfig(List.of(), List.of(), false, 1)
                        .edit()
                        .firewall(true)
                        .egressRouterVips(
                                List.of(IpNetwork.parse("198.18.0.0/24").orElseThrow()))
                        .pools(true)
                        .build())
                .forEach(feature -> waitedFor.addAll(feature.inputs()));

        assertThat(Resources.all(new InputMappers()).stream().map(ResourceKind::kind))
                .doesNotHaveDuplicates()
                .containsExactlyInAnyOrderElementsOf(waitedFor);
    }
}
