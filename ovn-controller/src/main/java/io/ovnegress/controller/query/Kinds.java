package io.ovnegress.controller.query;

import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.input.InputKind;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What can be asked about: the kinds that features read, by the words for them. Stateless. */
final class Kinds {
    private Kinds() {}

    /** @param others that can be asked about besides */
    static Map<String, InputKind> of(List<Feature> features, InputKind... others) {
        var kinds = new TreeMap<String, InputKind>();
        List.of(others).forEach(kind -> kinds.put(kind.word(), kind));
        features.forEach(feature -> feature.inputs().forEach(kind -> kinds.put(kind.word(), kind)));
        return kinds;
    }
}
