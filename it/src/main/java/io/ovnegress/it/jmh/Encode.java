package io.ovnegress.it.jmh;

import io.ovnegress.ovsdb.codec.OperationEncoder;
import io.ovnegress.ovsdb.operation.Operation;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Operations to bytes: a transaction that inserts 500 rows. */
@State(Scope.Thread)
public class Encode {
    private List<Operation> operations = List.of();

    @Setup
    public void plan() {
        operations = new Sample(2 * Sample.ROWS).fullTransaction();
    }

    @Benchmark
    @OperationsPerInvocation(Sample.ROWS)
    public byte[] row() {
        return OperationEncoder.transact(1, "OVN_Northbound", operations);
    }
}
