package io.ovnegress.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.Features;
import io.ovnegress.reconciler.input.InputKind;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResourcesTest {
    @Test
    void everyKindThatFeaturesWaitForIsWatchedOnce() {
        var waitedFor = new HashSet<>(InputKind.core());
        Features.of(new ReconcilerConfig(List.of(), List.of(), false, 1))
                .forEach(feature -> waitedFor.addAll(feature.inputs()));

        assertThat(Resources.of(new InputMappers()).stream().map(ResourceKind::kind))
                .doesNotHaveDuplicates()
                .containsExactlyInAnyOrderElementsOf(waitedFor);
    }
}
