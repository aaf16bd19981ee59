// Stands in for a class of the MS-DRG jars in the test of the bridge; only its names are as published.
package gov.agency.msdrg.model.v2.transfer;

import gov.agency.msdrg.model.v2.transfer.input.MsdrgInput;
import gov.agency.msdrg.model.v2.transfer.output.MsdrgOutputData;
import java.util.Optional;

public class MsdrgClaim {
    public final MsdrgInput input;
    public MsdrgOutputData output;

    public MsdrgClaim(MsdrgInput input) {
        this.input = input;
    }

    public Optional<MsdrgOutputData> getOutput() {
        return Optional.ofNullable(output);
    }
}
