"""The part of OData that Microsoft Graph speaks and the product uses: filter, select, expand, count, paging."""
