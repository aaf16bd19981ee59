// Stands in for a class of the MS-DRG jars in the test of the bridge; only its names are as published.
package gov.agency.msdrg.model.v2.transfer.input;

import gov.agency.msdrg.model.v2.enumeration.*;
import java.util.List;

public class MsdrgInput {
    public MsdrgInputDxCode principal, admission;
    public List<MsdrgInputDxCode> secondary = List.of();
    public List<MsdrgInputPrCode> procedures = List.of();
    public int age;
    public MsdrgSex sex;
    public MsdrgDischargeStatus status;

    public static Builder builder() {
        return new Builder();
    }

    public static class Builder {
        private final MsdrgInput made = new MsdrgInput();

        public Builder withPrincipalDiagnosisCode(MsdrgInputDxCode code) { made.principal = code; return this; }
        public Builder withAdmissionDiagnosisCode(MsdrgInputDxCode code) { made.admission = code; return this; }
        public Builder withSecondaryDiagnosisCodes(List<MsdrgInputDxCode> codes) { made.secondary = codes; return this; }
        public Builder withProcedureCodes(List<MsdrgInputPrCode> codes) { made.procedures = codes; return this; }
        public Builder withAgeInYears(int age) { made.age = age; return this; }
        public Builder withSex(MsdrgSex sex) { made.sex = sex; return this; }
        public Builder withDischargeStatus(MsdrgDischargeStatus status) { made.status = status; return this; }
        public MsdrgInput build() { return made; }
    }
}
