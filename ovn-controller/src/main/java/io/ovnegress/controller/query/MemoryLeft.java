package io.ovnegress.controller.query;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryType;

/** Whether the heap has room for a second machine: a question must not end the process that answers it. */
final class MemoryLeft {
    /** Indexes are made anew; values, which are most of it, are shared. Measured: 0.8 of what lives at 50,000 pods. */
    private static final double SHARE_OF_A_SECOND_ONE = 1.0;

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
