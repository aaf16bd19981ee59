// Stands in for a class of the MS-DRG jars in the test of the bridge; only its names are as published.
package gov.agency.msdrg.model.v2.enumeration;

public enum MsdrgSex { MALE, FEMALE, UNKNOWN }
