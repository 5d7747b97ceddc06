package io.ovnegress.reconciler.feature;

import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.explain.Departure;
import io.ovnegress.reconciler.explain.Destination;
import io.ovnegress.reconciler.explain.Explanation;
import io.ovnegress.reconciler.explain.Outlook;
import io.ovnegress.reconciler.explain.Overview;
import io.ovnegress.reconciler.explain.OwnerRows;
import io.ovnegress.reconciler.explain.Passage;
import io.ovnegress.reconciler.explain.PodAddress;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.NodeReachability;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.input.ResolvedName;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.northbound.RowChange;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The decisions of one {@link Feature} over one {@link World}. What it remembers follows from the world, or is what it has told
 * users. Driven by the machine's thread.
 */
public interface Decisions {
    /** What is to be in the database for the owner, as of now: add path only, what is not returned is not wanted. */
    Wanted want(Owner owner);

    /** Told what changes in the inputs, after they have changed. */
    Inputs.Listener inputs();

    /** Told what changes in the database beside the owners' rows, after the view has changed. */
    Database database();

    /** The database as far as it is no owner's. */
    interface Database {
        /** A router, or a port of one, appeared, changed or went away. */
        default void routerChanged(String name) {}

        default void switchChanged(String name) {}

        /** A row of a table whose rows can have an owner appeared, changed or went away, whoever's it is. */
        default void rowChanged(Optional<Row> before, Optional<Row> after) {}

        /** A row of an owner of this feature appeared, changed or went away. */
        default void ownedRowChanged(Optional<Row> before, Optional<Row> after) {}
    }

    /** Everything is known for the first time: looks at everything once. */
    void start();

    /** Somebody else may have decided since; what has changed was told as it happened. */
    default void resume() {}

    /** One that stands by follows; it need not remember what only one that writes has to know. */
    default void setLeader(boolean leads) {}

    /** The database is read anew. */
    void forgetDatabase();

    /** Brings what it derives from the world up to date, before it is asked what is wanted. */
    default void settle(Instant now) {}

    /** What the cluster says to the subnets that flags have named; to be asked when everything is known. */
    default SubnetFindings subnets() {
        return SubnetFindings.NONE;
    }

    /** There is nothing to do: whether it has found something that would better be otherwise. */
    default boolean improve(Instant now) {
        return false;
    }

    /** Whether {@link #improve} will find something, when its time has come. */
    default boolean willImprove() {
        return false;
    }

    /** When {@link #improve} should be asked again, if nothing is to be done then. */
    default Optional<Instant> nextImprovement() {
        return Optional.empty();
    }

    /** The owner was looked at, and is as it should be or on its way there. */
    default void decided(Owner owner, Wanted wanted) {}

    /** The owner's rows are in the database as they should be. */
    default void settled(Owner owner) {}

    /** The database refused the owner's rows; they are tried again then. */
    default void refused(Owner owner, String error, Duration retryIn) {}

    /** Rows that serve the object were changed by somebody else, and have been put right. */
    default void repaired(String object, Instant now) {}

    /**
     * Whether a program that follows rules of its own, and no person, has done what makes these changes necessary: they are made
     * at once then, and nobody is told.
     */
    default boolean explains(Wanted wanted, List<RowChange> changes) {
        return false;
    }

    /** The owner, and all that has to change with it, is too much for one transaction. */
    default void tooMuch(Owner owner) {}

    /** The pod for which rows of this feature were written last at this address. */
    default Optional<PodName> servedAt(IpAddress ip) {
        return Optional.empty();
    }

    /** The status changes since the last call, each once. */
    List<StatusChange> statuses(Instant now);

    /** What has been decided since the last call, in the order in which it was: to be told to whoever runs the controller. */
    default List<Decision> takeDecisions() {
        return List.of();
    }

    /** What users have asked for and do not get, and what stands in its way, as far as has been looked at. */
    default Shortfall shortfall() {
        return Shortfall.NONE;
    }

    /**
     * Why it is as it is with what is asked about, from the values that decide; empty if this feature has nothing to do with it.
     * Changes nothing, and does not go through all pods.
     *
     * @param rows how far the owners' rows are
     */
    default Optional<Explanation> explain(Question question, OwnerRows rows) {
        return Optional.empty();
    }

    /**
     * What its rows do with what a pod sends there where a packet comes by them, beside what is said to {@link #explain}: whoever
     * routes pods need not know of it.
     *
     * @param source the pod's address
     */
    default List<Passage> passages(PodInput pod, IpAddress source, Destination to) {
        return List.of();
    }

    /**
     * The pods that may leave as the address by a router that many leave by, whose rows do not name them; as is decided now. Asked
     * for one address at a time.
     */
    default Set<PodName> sharing(IpAddress address) {
        return Set.of();
    }

    /** Where its addresses are, with all that decides where they go. A copy, which costs as much as there are objects and nodes. */
    default Outlook outlook() {
        return new Outlook.None();
    }

    /**
     * The owners that something may be wanted for, beside those that have rows, some of them twice. In parts, each of which
     * is asked for when it is its turn, and found as it is gone through: whatever changes meanwhile, and a step costs the same
     * however many there are.
     */
    default List<Supplier<Iterator<? extends Owner>>> everyOwner() {
        return List.of();
    }

    /** How its addresses and nodes stand; costs as much as there are of them. */
    default Overview overview() {
        return Overview.NONE;
    }

    /** An event that is to be recorded on the object of this name, and nothing else of it; empty if there is none. */
    default Optional<StatusChange> tell(String object, StatusChange.Event event) {
        return Optional.empty();
    }

    /** Another one decides: from now on {@link #want} says what would be wanted if it were decided here. */
    default void presume() {}

    /** As decided, how each pod is to leave that is on the network, by its addresses. Goes through all pods. */
    default Map<PodAddress, Departure> departures() {
        return Map.of();
    }

    /**
     * What it remembers and what does not follow from inputs and database, immutable: for another one over a copy of both, which is
     * given it before it starts.
     */
    default Optional<Object> memory() {
        return Optional.empty();
    }

    default void remember(Object memory) {}

    /** Which nodes it wants to know of whether they are alive, which it hears by way of {@link NodeReachability}; the same until that changes. */
    default NodeProbes probes() {
        return NodeProbes.NONE;
    }

    /** Which host names it wants to know the addresses of, which it hears by way of {@link ResolvedName}; the same until that changes. */
    default HostNames names() {
        return HostNames.NONE;
    }

    /** Which ConfigMaps it wants to know, which it hears of by way of an input of its own; the same until that changes. */
    default FollowedObjects followed() {
        return FollowedObjects.NONE;
    }

    /** Which Services are to lead where; the same until that changes. */
    default ServiceTargets services() {
        return ServiceTargets.NONE;
    }

    /** Where connections are to be tried, of which it hears by way of an input of its own; the same until that changes. */
    default DialTargets dials() {
        return DialTargets.NONE;
    }

    /** What it wants changed of the EgressIPs that address pools make; of one that leads the same until it has been heard of. */
    default PoolWrites pools(Instant now) {
        return PoolWrites.NONE;
    }

    /** When {@link #settle} or {@link #statuses} must be asked again although nothing happens. */
    default Optional<Instant> nextDeadline() {
        return Optional.empty();
    }
}
