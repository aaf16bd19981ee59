"""Claims on paper: CMS-1500 (02/12) and UB-04 as data on the grid of the form, and as PDF pages for the eye.

Both are made from the same claim object as the 837. The grid holds data alone and is printed onto the official stock,
10 characters and 6 lines an inch; where each field stands is in `cms1500.csv` and `ub04.csv`. The PDF adds labels in
our own words. The forms themselves, their texts and their code lists are not here.
"""
