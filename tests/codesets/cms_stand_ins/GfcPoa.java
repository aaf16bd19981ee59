// Stands in for a class of the MS-DRG jars in the test of the bridge; only its names are as published.
package com.mmm.his.cer.foundation.model;

public enum GfcPoa { Y, N, U, W, BLANK }
