"""The tables of the house as they stood at the first release. Frozen: what changes later has its own."""

from peewee import (
    SQL,
    BigIntegerField,
    BlobField,
    BooleanField,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)


def up(migrator, db):
    class Frozen(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Supplier(Frozen):
        code = TextField(unique=True)
        name = TextField()
        short_name = TextField()
        inn = TextField()
        kpp = TextField()
        ogrn = TextField()
        bank_account = TextField()
        bank = TextField()
        bik = TextField()
        corr_account = TextField()
        address = TextField()
        phone = TextField()
        email = TextField()
        site = TextField()
        hours = TextField()
        run_id = IntegerField(null=True)

        class Meta:
            table_name = "supplier"

    class House(Frozen):
        settlement = TextField()
        street = TextField()
        number = TextField()
        key = TextField(unique=True)

        class Meta:
            table_name = "house"
            indexes = ((("settlement", "street", "number"), False),)

    class Account(Frozen):
        supplier = ForeignKeyField(Supplier)
        number = TextField()
        els = TextField()
        kind = TextField()
        surname = TextField()
        name = TextField()
        patronymic = TextField()
        title = TextField()
        inn = TextField()
        house = ForeignKeyField(House)
        flat = TextField()
        area = TextField()
        living_area = TextField()
        rooms = IntegerField(null=True)
        registered = IntegerField(null=True)
        stove = TextField()
        ownership = TextField()
        contract = TextField()
        division = TextField()
        passport_hash = TextField()
        passport_key = TextField()
        activation_hash = TextField()
        closed_on = DateField(null=True)
        run_id = IntegerField(null=True)

        class Meta:
            table_name = "account"
            indexes = ((("supplier", "number"), True), (("house", "flat"), False))

    class Attempt(Frozen):
        kind = TextField()
        subject = TextField()
        at = DateTimeField(index=True)
        succeeded = BooleanField()

        class Meta:
            table_name = "attempt"
            indexes = ((("kind", "subject", "at"), False),)

    class Resident(Frozen):
        surname = TextField()
        name = TextField()
        patronymic = TextField()
        birth_date = DateField(null=True)
        gender = TextField()
        email = TextField()
        email_key = TextField(unique=True, null=True)
        email_confirmed_at = DateTimeField(null=True)
        phone = TextField()
        phone_key = TextField(unique=True, null=True)
        phone_confirmed_at = DateTimeField(null=True)
        username = TextField()
        username_key = TextField(unique=True, null=True)
        password_hash = TextField()
        state = TextField()
        created_at = DateTimeField()
        advertising = BooleanField()

        class Meta:
            table_name = "resident"

    class Audit(Frozen):
        at = DateTimeField(index=True)
        actor = ForeignKeyField(Resident, on_delete="SET NULL", null=True)
        actor_name = TextField()
        action = TextField()
        object = TextField()
        object_id = TextField()
        before = TextField()
        after = TextField()

        class Meta:
            table_name = "audit"

    class Service(Frozen):
        supplier = ForeignKeyField(Supplier)
        code = TextField()
        name = TextField()
        unit = TextField()
        kind = TextField()
        position = IntegerField()
        provider = TextField()
        run_id = IntegerField(null=True)

        class Meta:
            table_name = "service"
            indexes = ((("supplier", "code"), True),)

    class Balance(Frozen):
        account = ForeignKeyField(Account, index=False)
        service = ForeignKeyField(Service, index=False, null=True)
        as_of = DateField()
        amount = BigIntegerField()
        run_id = IntegerField(null=True)

        class Meta:
            table_name = "balance"
            indexes = ((("account", "service"), True),)

    Balance.add_index(
        SQL('CREATE UNIQUE INDEX "balance_whole" ON "balance" ("account_id") WHERE ("service_id" IS NULL)')
    )

    class Bill(Frozen):
        account = ForeignKeyField(Account, index=False)
        number = TextField()
        issued_on = DateField()
        period = DateField()
        opening = BigIntegerField()
        charged = BigIntegerField()
        recalculated = BigIntegerField()
        paid = BigIntegerField()
        to_pay = BigIntegerField()
        due_on = DateField(null=True)
        adds_up = BooleanField()
        order_key = TextField()
        run_id = IntegerField(null=True)

        class Meta:
            table_name = "bill"
            indexes = ((("account", "number"), True), (("account", "order_key"), False))

    class Captcha(Frozen):
        id = BigIntegerField(primary_key=True)
        form = TextField()
        network = TextField()
        answer = TextField()
        created_at = DateTimeField()
        expires_at = DateTimeField(index=True)
        used_at = DateTimeField(null=True)

        class Meta:
            table_name = "captcha"
            indexes = ((("network", "form", "expires_at"), False),)

    class Charge(Frozen):
        bill = ForeignKeyField(Bill, on_delete="CASCADE", index=False)
        service = ForeignKeyField(Service, index=False)
        scale = TextField()
        position = IntegerField()
        unit = TextField()
        tariff = TextField()
        volume = TextField()
        volume_common = TextField()
        method = TextField()
        reading_before = TextField()
        reading_after = TextField()
        house_volume = TextField()
        charged = BigIntegerField()
        recalculated = BigIntegerField(null=True)
        recalculation_period = DateField(null=True)
        recalculation_reason = TextField()
        benefit = BigIntegerField(null=True)
        total = BigIntegerField()
        run_id = IntegerField(null=True)

        class Meta:
            table_name = "charge"
            indexes = ((("bill", "service", "scale"), True),)

    class Checkout(Frozen):
        resident = ForeignKeyField(Resident, on_delete="SET NULL", null=True)
        once = TextField()
        created_at = DateTimeField()
        payer_name = TextField()
        email = TextField()
        phone = TextField()

        class Meta:
            table_name = "checkout"
            indexes = ((("resident", "once"), True),)

    class Code(Frozen):
        purpose = TextField()
        resident = ForeignKeyField(Resident, on_delete="CASCADE", null=True)
        destination = TextField()
        code_hash = TextField(index=True)
        created_at = DateTimeField()
        expires_at = DateTimeField(index=True)
        used_at = DateTimeField(null=True)
        tries = IntegerField()

        class Meta:
            table_name = "code"

    class Text(Frozen):
        slug = TextField()
        supplier = ForeignKeyField(Supplier, null=True)
        version = IntegerField()
        title = TextField()
        body = TextField()
        published_at = DateTimeField()

        class Meta:
            table_name = "text"
            indexes = ((("slug", "supplier", "version"), True),)

    Text.add_index(
        SQL('CREATE UNIQUE INDEX "text_common" ON "text" ("slug", "version") WHERE ("supplier_id" IS NULL)')
    )

    class Consent(Frozen):
        resident = ForeignKeyField(Resident, on_delete="CASCADE")
        text = ForeignKeyField(Text)
        is_given = BooleanField()
        at = DateTimeField()
        address = TextField()

        class Meta:
            table_name = "consent"

    class ExportBatch(Frozen):
        kind = TextField()
        number = IntegerField()
        created_at = DateTimeField()
        who = TextField()
        supplier = ForeignKeyField(Supplier, null=True)
        file_name = TextField()
        rows = IntegerField()
        sha256 = TextField()
        content = BlobField()

        class Meta:
            table_name = "export_batch"
            indexes = ((("kind", "number"), True),)

    class Order(Frozen):
        checkout = ForeignKeyField(Checkout)
        supplier = ForeignKeyField(Supplier)
        gateway = TextField()
        number = TextField(unique=True)
        amount = BigIntegerField()
        fee = BigIntegerField()
        state = TextField()
        provider_id = TextField(null=True)
        provider_url = TextField()
        bill = ForeignKeyField(Bill, on_delete="SET NULL", null=True)
        masked_card = TextField()
        receipt_url = TextField()
        reason = TextField()
        created_at = DateTimeField()
        sent_at = DateTimeField(null=True)
        paid_at = DateTimeField(null=True)
        expires_at = DateTimeField()
        poll_at = DateTimeField(null=True)
        polls = IntegerField()

        class Meta:
            table_name = "payment_order"
            indexes = ((("gateway", "provider_id"), True),)

    Order.add_index(
        SQL('CREATE INDEX "order_to_poll" ON "payment_order" ("poll_at") WHERE ("state" IN (\'created\', \'sent\'))')
    )
    Order.add_index(SQL('CREATE INDEX "order_to_post" ON "payment_order" ("id") WHERE ("state" = \'paid\')'))

    class GatewayEvent(Frozen):
        gateway = TextField()
        key = TextField()
        order = ForeignKeyField(Order, null=True)
        outcome = TextField()
        amount = BigIntegerField()
        provider_id = TextField()
        at = DateTimeField()
        verdict = TextField()

        class Meta:
            table_name = "gateway_event"
            indexes = ((("gateway", "key"), True),)

    class Group(Frozen):
        resident = ForeignKeyField(Resident, on_delete="CASCADE")
        name = TextField()

        class Meta:
            table_name = "account_group"
            indexes = ((("resident", "name"), True),)

    class ImportRun(Frozen):
        who = TextField()
        file_name = TextField()
        sha256 = TextField()
        started_at = DateTimeField()
        finished_at = DateTimeField(null=True)
        state = TextField()
        is_dry = BooleanField()
        is_strict = BooleanField()
        table = TextField()
        done = IntegerField()
        total = IntegerField()
        counts = TextField()
        messages = TextField()

        class Meta:
            table_name = "import_run"

    class Invitation(Frozen):
        account = ForeignKeyField(Account, on_delete="CASCADE", unique=True)
        email = TextField()
        phone = TextField()
        surname = TextField()
        name = TextField()
        patronymic = TextField()
        invited_at = DateTimeField(null=True)
        accepted_at = DateTimeField(null=True)
        run_id = IntegerField(null=True)

        class Meta:
            table_name = "invitation"

    class Link(Frozen):
        resident = ForeignKeyField(Resident, on_delete="CASCADE")
        account = ForeignKeyField(Account)
        label = TextField(column_name="alias")
        group = ForeignKeyField(Group, on_delete="SET NULL", null=True)
        bills_by_email = BooleanField()
        fact = TextField()
        linked_at = DateTimeField()

        class Meta:
            table_name = "link"
            indexes = ((("resident", "account"), True),)

    class OrderLine(Frozen):
        order = ForeignKeyField(Order)
        account = ForeignKeyField(Account)
        service = ForeignKeyField(Service, null=True)
        amount = BigIntegerField()
        fee = BigIntegerField()
        batch = ForeignKeyField(ExportBatch, null=True)

        class Meta:
            table_name = "order_line"

    class Payment(Frozen):
        account = ForeignKeyField(Account, index=False)
        identifier = TextField()
        paid_on = DateField()
        amount = BigIntegerField()
        service = ForeignKeyField(Service, index=False, null=True)
        source = TextField()
        run_id = IntegerField(null=True)

        class Meta:
            table_name = "payment"
            indexes = ((("account", "identifier"), True), (("account", "paid_on"), False))

    class Match(Frozen):
        line = ForeignKeyField(OrderLine, unique=True)
        payment = ForeignKeyField(Payment, on_delete="CASCADE", index=False)
        position = IntegerField()
        matched_at = DateTimeField()

        class Meta:
            table_name = "match"
            indexes = ((("payment", "position"), True),)

    class Meter(Frozen):
        account = ForeignKeyField(Account)
        service = ForeignKeyField(Service)
        number = TextField()
        model = TextField()
        ratio = IntegerField()
        place = TextField()
        accuracy = TextField()
        condition = TextField()
        relation = TextField()
        balance_owner = TextField()
        voltage = TextField()
        current = TextField()
        installed_on = DateField(null=True)
        verified_on = DateField(null=True)
        interval_years = IntegerField(null=True)
        verified_until = DateField(null=True)
        is_automatic = BooleanField()
        removed_on = DateField(null=True)
        run_id = IntegerField(null=True)

        class Meta:
            table_name = "meter"
            indexes = ((("account", "service", "number"), True),)

    class Notice(Frozen):
        supplier = ForeignKeyField(Supplier, null=True)
        kind = TextField()
        subject = TextField()
        body = TextField()
        link_url = TextField()
        link_label = TextField()
        needs_confirmation = BooleanField()
        published_at = DateTimeField()
        until = DateTimeField(null=True)

        class Meta:
            table_name = "notice"

    class NoticeReceipt(Frozen):
        notice = ForeignKeyField(Notice, on_delete="CASCADE")
        resident = ForeignKeyField(Resident, on_delete="CASCADE", index=False)
        is_read = BooleanField()
        read_at = DateTimeField(null=True)
        confirmed_at = DateTimeField(null=True)
        closed_at = DateTimeField(null=True)

        class Meta:
            table_name = "notice_receipt"
            indexes = ((("notice", "resident"), True), (("resident", "is_read", "id"), False))

    class Operator(Frozen):
        resident = ForeignKeyField(Resident, on_delete="CASCADE")
        supplier = ForeignKeyField(Supplier, null=True)
        role = TextField()

        class Meta:
            table_name = "operator"
            indexes = ((("resident", "supplier"), True),)

    Operator.add_index(
        SQL('CREATE UNIQUE INDEX "operator_of_all" ON "operator" ("resident_id") WHERE ("supplier_id" IS NULL)')
    )

    class Outbox(Frozen):
        key = TextField(unique=True)
        kind = TextField()
        channel = TextField()
        resident = ForeignKeyField(Resident, on_delete="CASCADE", null=True)
        destination = TextField()
        ids = TextField()
        state = TextField()
        attempts = IntegerField()
        not_before = DateTimeField()
        leased_until = DateTimeField(null=True)
        provider_id = TextField()
        error = TextField()
        subject = TextField()
        body = TextField()
        created_at = DateTimeField()
        sent_at = DateTimeField(null=True)

        class Meta:
            table_name = "outbox"

    Outbox.add_index(SQL('CREATE INDEX "outbox_to_send" ON "outbox" ("not_before") WHERE ("state" = \'waiting\')'))

    class Register(Frozen):
        meter = ForeignKeyField(Meter)
        scale = TextField()
        position = IntegerField()
        digits = IntegerField()
        decimals = IntegerField()
        run_id = IntegerField(null=True)

        class Meta:
            table_name = "register"
            indexes = ((("meter", "scale"), True),)

    class Submission(Frozen):
        account = ForeignKeyField(Account)
        once = TextField()
        resident = ForeignKeyField(Resident, on_delete="SET NULL", null=True)
        origin = TextField()
        sent_at = DateTimeField()
        preliminary = TextField()

        class Meta:
            table_name = "submission"
            indexes = ((("account", "once"), True),)

    class Reading(Frozen):
        register = ForeignKeyField(Register, index=False)
        submission = ForeignKeyField(Submission, null=True)
        value = BigIntegerField()
        taken_on = DateField()
        origin = TextField()
        source = TextField()
        state = TextField()
        reason = TextField()
        bill = ForeignKeyField(Bill, on_delete="SET NULL", null=True)
        has_rolled = BooleanField()
        doubts = TextField()
        before = BigIntegerField(null=True)
        batch = ForeignKeyField(ExportBatch, null=True)
        run_id = IntegerField(null=True)

        class Meta:
            table_name = "reading"
            indexes = ((("register", "taken_on"), False),)

    Reading.add_index(
        SQL(
            'CREATE UNIQUE INDEX "reading_of_billing" ON "reading" ("register_id", "taken_on") WHERE ("origin" = \'billing\')'
        )
    )
    Reading.add_index(
        SQL(
            'CREATE INDEX "reading_to_export" ON "reading" ("state") WHERE (("state" = \'accepted\') AND ("origin" != \'billing\'))'
        )
    )

    class RefusedRow(Frozen):
        run = ForeignKeyField(ImportRun, on_delete="CASCADE")
        table = TextField()
        line = IntegerField()
        cells = TextField()
        heading = TextField()
        reason = TextField()

        class Meta:
            table_name = "refused_row"

    class Session(Frozen):
        resident = ForeignKeyField(Resident, on_delete="CASCADE")
        token_hash = TextField(unique=True)
        created_at = DateTimeField()
        seen_at = DateTimeField()
        expires_at = DateTimeField(index=True)
        ended_at = DateTimeField(null=True)
        address = TextField()
        device = TextField()
        is_remembered = BooleanField()

        class Meta:
            table_name = "session"

    class SupplierSetting(Frozen):
        supplier = ForeignKeyField(Supplier, null=True)
        key = TextField()
        since = DateField()
        value = TextField()

        class Meta:
            table_name = "supplier_setting"
            indexes = ((("supplier", "key", "since"), True),)

    class Tariff(Frozen):
        service = ForeignKeyField(Service)
        scale = TextField()
        since = DateField()
        category = TextField()
        price = BigIntegerField()
        norm = BigIntegerField(null=True)
        norm_base = TextField()
        run_id = IntegerField(null=True)

        class Meta:
            table_name = "tariff"
            indexes = ((("service", "scale", "since", "category"), True),)

    db.create_tables(
        [
            Supplier,
            House,
            Account,
            Attempt,
            Resident,
            Audit,
            Service,
            Balance,
            Bill,
            Captcha,
            Charge,
            Checkout,
            Code,
            Text,
            Consent,
            ExportBatch,
            Order,
            GatewayEvent,
            Group,
            ImportRun,
            Invitation,
            Link,
            OrderLine,
            Payment,
            Match,
            Meter,
            Notice,
            NoticeReceipt,
            Operator,
            Outbox,
            Register,
            Submission,
            Reading,
            RefusedRow,
            Session,
            SupplierSetting,
            Tariff,
        ]
    )
