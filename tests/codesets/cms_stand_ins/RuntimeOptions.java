// Stands in for a class of the MS-DRG jars in the test of the bridge; only its names are as published.
package gov.agency.msdrg.model.v2;

import gov.agency.msdrg.model.v2.enumeration.*;

public class RuntimeOptions {
    public void setPoaReportingExempt(MsdrgHospitalStatusOptionFlag flag) {}
    public void setComputeAffectDrg(MsdrgAffectDrgOptionFlag flag) {}
    public void setMarkingLogicTieBreaker(MarkingLogicTieBreaker flag) {}
}
