package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.ovnegress.reconciler.feature.FollowedObjects;
import io.ovnegress.reconciler.feature.egressrouter.ConfigMapText;
import io.ovnegress.reconciler.input.InputChange;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Tells the loop what the ConfigMaps hold that it wants to know, each of which is watched alone. Thread safe. */
public final class FollowedConfigMaps implements AutoCloseable {
    private final KubernetesClient client;
    private final Consumer<InputChange> inbox;
    private final Clock clock;
    /** Guarded by this. */
    private final Map<String, SingleObject<ConfigMap, ConfigMapList>> followed = new HashMap<>();

    public FollowedConfigMaps(KubernetesClient client, Consumer<InputChange> inbox, Clock clock) {
        this.client = client;
        this.inbox = inbox;
        this.clock = clock;
    }

    /** From now on these are to be followed, and no others. */
    public synchronized void accept(FollowedObjects wanted) {
        var gone = new ArrayList<>(followed.keySet());
        gone.removeAll(wanted.configMaps());
        for (var key : gone) {
            followed.remove(key).close();
            inbox.accept(new InputChange.Removed(ConfigMapText.KIND, key));
        }
        for (var key : wanted.configMaps()) {
            followed.computeIfAbsent(
                    key,
                    unused -> new SingleObject<>(
                            client, ConfigMap.class, ConfigMapList.class, key, map -> tell(key, map), clock));
        }
    }

    private synchronized void tell(String key, Optional<ConfigMap> map) {
        if (followed.containsKey(key)) {
            inbox.accept(new InputChange.Put(new ConfigMapText(key, map.map(FollowedConfigMaps::data))));
        }
    }

    private static Map<String, String> data(ConfigMap map) {
        var data = new HashMap<String, String>();
        if (map.getData() != null) {
            map.getData().forEach((key, value) -> data.put(key, InputMappers.text(value)));
        }
        return data;
    }

    @Override
    public synchronized void close() {
        followed.values().forEach(SingleObject::close);
        followed.clear();
    }
}
