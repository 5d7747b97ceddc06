package io.ovnegress.it.chaos;

import io.ovnegress.reconciler.feature.PoolWrites;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/**
 * Whether everything is right when a controller has nothing left to do: pods leave as the objects say, a new controller would write
 * the same rows, and finds no work here. Not thread safe.
 */
record EndState(
        ChaosDatabase database,
        ChaosInputs inputs,
        Fences fences,
        ChaosSystems systems,
        ChaosPools pools,
        Forms forms,
        Ovnkube ovnkube,
        boolean podSnats,
        boolean guards) {
    List<String> problems() {
        var content = Content.of(database.client(), podSnats);
        var problems = new ArrayList<String>();
        problems.addAll(unexpectedWays(content));
        problems.addAll(DestinationsEnd.problems(database.client(), inputs.expectation()));
        problems.addAll(QosEnd.problems(database.client(), inputs.expectation()));
        problems.addAll(otherThanFresh(content));
        problems.addAll(otherNodeSnats(content));
        problems.addAll(fences.problems(database.client()));
        problems.addAll(systems.problems(database.client()));
        problems.addAll(pools.problems());
        problems.addAll(workForNewController());
        return problems;
    }

    List<String> unexpectedWays(Content content) {
        var difference = Content.difference(
                "in the database",
                List.copyOf(content.ways()),
                "by the objects and their status",
                List.copyOf(inputs.expectation().ways()));
        return difference.isEmpty() ? List.of() : List.of("pods leave in other ways:" + difference);
    }

    private List<String> otherThanFresh(Content content) {
        database.clearReference();
        fences.furnish(database.referenceClient());
        new PodPorts(new Random(0)).catchUp(database.referenceClient(), inputs.expectation());
        try (var fresh = newController(database.reference(), writes -> {})) {
            inputs.tell(fresh::post);
            fences.tell(fresh::post);
            systems.tell(fresh::post);
            pools.tell(fresh::post);
            fresh.awaitQuiet(Optional.empty());
        }
        var difference = Content.difference(
                "here",
                content.lines(),
                "by a new controller",
                Content.of(database.referenceClient(), podSnats).lines());
        return difference.isEmpty() ? List.of() : List.of("a new controller writes other rows:" + difference);
    }

    private ChaosController newController(String address, Consumer<PoolWrites> writes) {
        return new ChaosController(
                address,
                Optional.empty(),
                "fresh",
                pools.with(systems.with(ChaosController.config(podSnats, guards, 500, forms.usual()))),
                fences.features(),
                status -> {},
                writes);
    }

    List<String> otherNodeSnats(Content content) {
        var difference = podSnats
                ? Content.difference(
                        "in the database", texts(content.podSnats()), "by the pods", texts(ovnkube.expected(content)))
                : "";
        return difference.isEmpty() ? List.of() : List.of("pods have other node SNATs:" + difference);
    }

    private static List<String> texts(List<?> list) {
        return list.stream().map(Object::toString).toList();
    }

    private List<String> workForNewController() {
        var egressIps = new ConcurrentLinkedQueue<PoolWrites>();
        try (var fresh = newController(database.address(), egressIps::add)) {
            inputs.tell(fresh::post);
            fences.tell(fresh::post);
            systems.tell(fresh::post);
            pools.tell(fresh::post);
            fresh.awaitQuiet(Optional.empty());
            var changes = new ArrayList<>(fresh.changes());
            egressIps.forEach(writes -> writes.changes().forEach((name, change) -> changes.add(name + ": " + change)));
            return changes.isEmpty()
                    ? List.of()
                    : List.of("a new controller finds work:\n  " + String.join("\n  ", changes));
        }
    }
}
