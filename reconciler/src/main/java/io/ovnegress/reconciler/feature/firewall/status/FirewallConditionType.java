package io.ovnegress.reconciler.feature.firewall.status;

import io.ovnegress.reconciler.feature.StatusCondition;

/** What is said of a policy. */
public enum FirewallConditionType implements StatusCondition.Type {
    /** The rules act as they are written. */
    Applied,
    /** What its rules log is logged. */
    Logged,
    /** It is known what its names stand for. */
    NamesResolved
}
