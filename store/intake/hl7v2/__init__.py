"""HL7 version 2 in: messages of any version from files, batches, pipes and MLLP, as statements about visits.

`message` splits text, `interface` holds what a site says of each sender as data, `read` makes statements for the
writer, `ack` answers, `listener` is the MLLP receiver. Nothing is validated against the standard: what a message says
is taken, what it does not say stays as it is.
"""
