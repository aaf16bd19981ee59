// Stands in for a class of the MS-DRG jars in the test of the bridge; only its names are as published.
package gov.agency.msdrg.v431;

import gov.agency.msdrg.model.v2.MsdrgRuntimeOption;
import gov.agency.msdrg.model.v2.transfer.MsdrgClaim;
import gov.agency.msdrg.model.v2.transfer.output.MsdrgOutputData;

public class MsdrgComponent {
    public MsdrgComponent(MsdrgRuntimeOption options) {
        if (options.isEmpty()) throw new IllegalArgumentException("no options");
        System.out.println("a line that a jar prints");
    }

    public void process(MsdrgClaim claim) {
        claim.output = new MsdrgOutputData(claim.input);
    }
}
