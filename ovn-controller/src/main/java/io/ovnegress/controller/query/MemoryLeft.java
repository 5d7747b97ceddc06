package io.ovnegress.controller.query;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryType;

/** Whether the heap has room for a second machine: a question must not end the process that answers it. */
final class MemoryLeft {
    /** Values are shared. Measured at 50,000 pods: 48 MB beside 149, and about as much again while it is made. */
    private static final double SHARE_OF_A_SECOND_ONE = 0.7;

    private MemoryLeft() {}

    static boolean forASecondOne() {
        long living = 0;
        for (var pool : ManagementFactory.getMemoryPoolMXBeans()) {
            var afterCollection = pool.getCollectionUsage();
            if (pool.getType() == MemoryType.HEAP && afterCollection != null) {
                living += afterCollection.getUsed();
            }
        }
        return living * (1 + SHARE_OF_A_SECOND_ONE) < Runtime.getRuntime().maxMemory();
    }
}
