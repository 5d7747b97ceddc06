package io.ovnegress.reconciler.feature.firewall.status;

import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusCondition;

/** Why a policy's rules act, or do not act, as they are written; of its conditions and events. */
public enum FirewallReason implements StatusCondition.Reason, StatusChange.EventReason {
    RulesApplied,
    /** A rule is not understood. */
    InvalidRule,
    TooManyRules,
    /** The namespace has more than one of the kind: nothing may leave. */
    SeveralPolicies,
    /** The project shares its network with others: nothing may leave them. */
    JoinedProjects,
    /** The project's network is everybody's: it is ignored. */
    GlobalProject,
    /** The namespace has an EgressFirewall, which counts in its place. */
    Superseded,
    /** ovnkube has none for the namespace. */
    NoPortGroup,
    /** In a cluster whose nodes have databases of their own. */
    UnsupportedTopology,
    RefusedByDatabase,
    /** What limits the lines in the log. */
    MeterThere,
    /** Without which nothing is logged. */
    NoMeter,
    /** Every name has an answer, or there are none. */
    NamesResolved,
    NamesUnresolved
}
